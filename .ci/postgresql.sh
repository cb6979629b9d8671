# A throw-away PostgreSQL cluster in a temporary folder, as root (through the user postgres) or as anybody else.

_as_owner() { if [ "$(id -u)" = 0 ]; then su postgres -c "$1"; else bash -c "$1"; fi; }

_find_binaries() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

# start_postgresql FOLDER: sets POSTGRESQL_URL; fails where there is no server to be had.
start_postgresql() {
  PG_BIN=$(_find_binaries)
  if [ -z "$PG_BIN" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
    PG_BIN=$(_find_binaries)
  fi
  [ -n "$PG_BIN" ] || return 1
  PG_DATA="$1/postgresql"
  mkdir -p "$PG_DATA"
  chmod 755 "$1"
  [ "$(id -u)" = 0 ] && chown postgres "$PG_DATA"
  local port=$((20000 + RANDOM % 20000))
  # C.UTF-8: under plain C, PostgreSQL takes no Japanese letter for a letter.
  _as_owner "$PG_BIN/initdb -D $PG_DATA/data --locale=C.UTF-8 --auth=trust --username=postgres >/dev/null" || return 1
  _as_owner "$PG_BIN/pg_ctl -D $PG_DATA/data -w -l $PG_DATA/log -o '-p $port -k $PG_DATA -c listen_addresses=127.0.0.1 -c fsync=off' start >/dev/null" || return 1
  POSTGRESQL_URL="postgresql+psycopg://postgres@127.0.0.1:$port/postgres"
}

stop_postgresql() { _as_owner "$PG_BIN/pg_ctl -D $PG_DATA/data -m immediate stop >/dev/null"; }
