"""Who may do what: one readable table. Whatever is not in it is refused, and so is every view that names no permission.

A permission is granted by any one of its rules; a rule is a tuple of predicates that must all hold. Predicates read the
Actor and, where one is named, the record; where a record is needed and none is given they answer no.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from ..database import begin_as
from ..workflow import N_, Labelled
from .actor import PUBLIC, Actor, actor_of, lookups
from .models import Role

View = TypeVar("View", bound=Callable[..., Any])
Predicate = Callable[[Actor, Any], bool]


class Permission(Labelled):
    """``subject:verb``, in alphabetical order."""

    ACCOUNT_MANAGE = "account:manage", N_("職員の権限を管理する")
    CANDIDATE_FIND = "candidate:find", N_("登録を検索する")
    CONCEPT_EDIT = "concept:edit", N_("ことばの辞書を直す")
    CONCEPT_READ = "concept:read", N_("ことばの辞書を見る")
    CONCEPT_SUGGEST = "concept:suggest", N_("近いことばを見る")
    CONTACT_READ = "contact:read", N_("連絡先を見て、電話番号で探す")
    COUNCIL_CANDIDATE = "council:candidate", N_("審議会委員を紹介の候補に見る")
    COUNCIL_CONSENT = "council:consent", N_("審議会委員の候補になる同意を記録する")
    COUNCIL_EDIT = "council:edit", N_("審議会等と委員を直す")
    COUNCIL_EXPORT = "council:export", N_("審議会等をファイルに書き出す")
    COUNCIL_FOUND = "council:found", N_("審議会等を加える")
    COUNCIL_READ = "council:read", N_("審議会等を見る")
    GROUP_EDIT = "group:edit", N_("登録団体を直す")
    GROUP_ENTER = "group:enter", N_("登録団体を加える")
    GROUP_EXPORT = "group:export", N_("登録団体をファイルに書き出す")
    GROUP_LIST = "group:list", N_("登録団体の一覧を見る")
    GROUP_READ = "group:read", N_("登録団体を見る")
    INQUIRY_ANSWER = "inquiry:answer", N_("打診に返事をする")
    ME_READ = "me:read", N_("自分のページを見る")
    ORGANIZATION_CLAIM = "organization:claim", N_("団体の代表者・担当者として名のる")
    ORGANIZATION_EDIT = "organization:edit", N_("団体を直す")
    ORGANIZATION_ENTER = "organization:enter", N_("団体を加える")
    ORGANIZATION_EXPORT = "organization:export", N_("団体をファイルに書き出す")
    ORGANIZATION_LIST = "organization:list", N_("団体の一覧を見る")
    ORGANIZATION_READ = "organization:read", N_("団体を見る")
    OUTBOX_READ = "outbox:read", N_("メールの送信状況を見る")
    OUTBOX_SETTLE = "outbox:settle", N_("送れたか分からないメールを片付ける")
    PARTY_FIND = "party:find", N_("人・団体・依頼を探す")
    PERSON_EDIT = "person:edit", N_("個人の記録を直す")
    PERSON_ENTER = "person:enter", N_("個人を加える")
    PERSON_EXPORT = "person:export", N_("個人の一覧をファイルに書き出す")
    PERSON_LIST = "person:list", N_("個人の一覧を見る")
    PERSON_READ = "person:read", N_("個人の記録を見る")
    REPRESENTATION_APPROVE = "representation:approve", N_("代表者・担当者を確認する")
    REPRESENTATION_READ = "representation:read", N_("代表者・担当者の申し出を見る")
    REQUEST_ANSWER = "request:answer", N_("了承の返事と報告をする")
    REQUEST_ENTER = "request:enter", N_("電話や書面の依頼を入れる")
    REQUEST_HANDLE = "request:handle", N_("依頼を進める")
    REQUEST_LIST = "request:list", N_("依頼の一覧を見る")
    REQUEST_READ = "request:read", N_("依頼を見る")
    REQUEST_RELEASE = "request:release", N_("依頼を公開する・公開をやめる")
    REQUEST_SUBMIT = "request:submit", N_("依頼を出す")
    SUPPORTER_CONFIRM = "supporter:confirm", N_("登録を確認する")
    SUPPORTER_EDIT = "supporter:edit", N_("登録を直す")
    SUPPORTER_ENTER = "supporter:enter", N_("電話や書面の登録を入れる")
    SUPPORTER_EXPORT = "supporter:export", N_("協働サポーターをファイルに書き出す")
    SUPPORTER_LIST = "supporter:list", N_("協働サポーターの一覧を見る")
    SUPPORTER_READ = "supporter:read", N_("協働サポーターの登録を見る")
    SUPPORTER_REGISTER = "supporter:register", N_("協働サポーターに登録する")


def signed_in(actor: Actor, subject: Any) -> bool:
    return actor.user_id is not None


def coordinator(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.COORDINATOR)


def city_employee(actor: Actor, subject: Any) -> bool:
    """Not the staff of a contracted desk: they see no council data, and no other role makes them see it."""
    return not actor.contractor


def administrator(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.ADMINISTRATOR) and city_employee(actor, subject)


def reading_staff(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.STAFF) and city_employee(actor, subject)


def council_staff(actor: Actor, subject: Any) -> bool:
    roles = (Role.CLERK, Role.PERSONNEL, Role.STAFF, Role.ADMINISTRATOR)
    return actor.has(*roles) and city_employee(actor, subject)


def council_office(actor: Actor, subject: Any) -> bool:
    """Those who look after the rosters of all departments."""
    return actor.has(Role.PERSONNEL, Role.ADMINISTRATOR) and city_employee(actor, subject)


def clerk(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CLERK) and city_employee(actor, subject)


def keeps_rosters(actor: Actor, subject: Any) -> bool:
    """Those for whom councils keep birth years and genders: whoever else reads or edits has no need to know."""
    return actor.has(Role.CLERK, Role.PERSONNEL) and city_employee(actor, subject)


def of_a_department(actor: Actor, subject: Any) -> bool:
    """A clerk whose grant names a department: without one, there is nothing of theirs to write in."""
    return bool(actor.departments_as(Role.CLERK))


def of_my_department(actor: Actor, subject: Any) -> bool:
    """A council of the clerk's own department."""
    return subject is not None and subject.department_id in actor.departments_as(Role.CLERK)


def known_to_this_staff(actor: Actor, subject: Any) -> bool:
    """A contractor's staff knows nothing of people who only sit on councils. Rooms above say what a desk knows."""
    return subject is not None and (not actor.contractor or lookups.is_known_to_desks(subject.id))


def known_to_councils(actor: Actor, subject: Any) -> bool:
    """Somebody who sits on a council, agreed to be considered for one, or was written down for one."""
    return subject is not None and lookups.is_known_to_councils(subject.id)


def is_the_party(actor: Actor, subject: Any) -> bool:
    """The party itself, or somebody who may act for it."""
    return subject is not None and subject.id in actor.parties


def is_about_me(actor: Actor, subject: Any) -> bool:
    return subject is not None and subject.party_id in actor.parties


def of_others(actor: Actor, subject: Any) -> bool:
    """Neither one's own nor of an organization that one acts for, or says so: nobody confirms what concerns themselves."""
    if subject is None or subject.party_id in actor.parties:
        return False
    return not lookups.claims_to_act_for(actor.parties, subject.party_id)


def is_the_requester(actor: Actor, subject: Any) -> bool:
    return subject is not None and subject.requester_id in actor.parties


def submitted_it(actor: Actor, subject: Any) -> bool:
    return subject is not None and actor.user_id is not None and subject.submitted_by_id == actor.user_id


def at_its_desk(actor: Actor, subject: Any) -> bool:
    return subject is not None and subject.desk_id in actor.desks


# What reads the record; every other predicate says the same of all records.
OF_THE_RECORD: frozenset[Predicate] = frozenset(
    {
        of_my_department,
        known_to_this_staff,
        known_to_councils,
        is_the_party,
        is_about_me,
        of_others,
        is_the_requester,
        submitted_it,
        at_its_desk,
    }
)

POLICY: dict[Permission, tuple[tuple[Predicate, ...], ...]] = {
    Permission.ACCOUNT_MANAGE: ((administrator,),),
    Permission.CANDIDATE_FIND: ((coordinator,),),
    Permission.CONCEPT_EDIT: ((coordinator, city_employee), (administrator,)),
    Permission.CONCEPT_READ: ((coordinator,), (administrator,)),
    Permission.CONCEPT_SUGGEST: ((signed_in,),),
    Permission.CONTACT_READ: ((coordinator,),),
    Permission.COUNCIL_CANDIDATE: ((coordinator, city_employee),),
    Permission.COUNCIL_CONSENT: ((council_office,), (clerk, of_a_department)),
    Permission.COUNCIL_EDIT: ((council_office,), (clerk, of_my_department)),
    Permission.COUNCIL_EXPORT: ((council_office,), (clerk,)),
    Permission.COUNCIL_FOUND: ((council_office,), (clerk, of_a_department)),
    Permission.COUNCIL_READ: ((council_staff,), (coordinator, city_employee)),
    Permission.GROUP_EDIT: ((is_about_me,), (coordinator,)),
    Permission.GROUP_ENTER: ((coordinator,),),
    Permission.GROUP_EXPORT: ((coordinator,),),
    Permission.GROUP_LIST: ((coordinator,), (reading_staff,), (administrator,)),
    Permission.GROUP_READ: ((is_about_me,), (coordinator,), (reading_staff,), (administrator,)),
    Permission.INQUIRY_ANSWER: ((is_about_me,),),
    Permission.ME_READ: ((signed_in,),),
    Permission.ORGANIZATION_CLAIM: ((signed_in,),),
    Permission.ORGANIZATION_EDIT: ((is_the_party,), (coordinator,)),
    Permission.ORGANIZATION_ENTER: ((coordinator,),),
    Permission.ORGANIZATION_EXPORT: ((coordinator,),),
    Permission.ORGANIZATION_LIST: ((coordinator,), (reading_staff,), (administrator,)),
    Permission.ORGANIZATION_READ: ((is_the_party,), (coordinator,), (reading_staff,), (administrator,)),
    Permission.OUTBOX_READ: ((coordinator,), (administrator,)),
    Permission.OUTBOX_SETTLE: ((coordinator,), (administrator,)),
    Permission.PARTY_FIND: ((coordinator,), (council_staff,)),
    Permission.PERSON_EDIT: ((coordinator, known_to_this_staff), (council_office,), (clerk, known_to_councils)),
    Permission.PERSON_ENTER: ((coordinator,), (council_office,), (clerk,)),
    Permission.PERSON_EXPORT: ((coordinator,), (council_office,), (clerk,)),
    Permission.PERSON_LIST: ((coordinator,), (council_staff,)),
    Permission.PERSON_READ: (
        (coordinator, known_to_this_staff),
        (council_office,),
        (clerk, known_to_councils),
        (reading_staff,),
    ),
    Permission.REPRESENTATION_APPROVE: ((coordinator, of_others),),
    Permission.REPRESENTATION_READ: ((coordinator,),),
    Permission.REQUEST_ANSWER: ((is_the_requester,),),
    Permission.REQUEST_ENTER: ((coordinator,),),
    Permission.REQUEST_HANDLE: ((coordinator, at_its_desk),),
    Permission.REQUEST_LIST: ((coordinator,), (reading_staff,)),
    Permission.REQUEST_READ: ((is_the_requester,), (submitted_it,), (coordinator,), (reading_staff,)),
    Permission.REQUEST_RELEASE: ((is_the_requester,), (coordinator, at_its_desk)),
    Permission.REQUEST_SUBMIT: ((signed_in,),),
    Permission.SUPPORTER_CONFIRM: ((coordinator, of_others),),
    Permission.SUPPORTER_EDIT: ((is_about_me,), (coordinator,)),
    Permission.SUPPORTER_ENTER: ((coordinator,),),
    Permission.SUPPORTER_EXPORT: ((coordinator,),),
    Permission.SUPPORTER_LIST: ((coordinator,), (reading_staff,)),
    Permission.SUPPORTER_READ: ((is_about_me,), (coordinator,)),
    Permission.SUPPORTER_REGISTER: ((signed_in,),),
}

# Endpoints of extensions, which cannot wear our marks. Flask-Security guards its own and commits by itself; its
# confirmation link acts on GET.
EXEMPT = frozenset({"static", "bootstrap.static"})
EXEMPT_BLUEPRINTS = frozenset({"security"})


def may(actor: Actor, permission: Permission, subject: Any = None) -> bool:
    """Whether any rule of the permission holds."""
    return any(all(holds(actor, subject) for holds in rule) for rule in POLICY.get(permission, ()))


def may_ever(actor: Actor, permission: Permission) -> bool:
    """Whether there could be a record of which a rule holds. Who may never is refused before a record is looked for,
    so that the answer does not tell which ones there are."""
    return any(
        all(holds(actor, None) for holds in rule if holds not in OF_THE_RECORD) for rule in POLICY.get(permission, ())
    )


def current_actor() -> Actor:
    """Who sends this web request. Asked once, so that a page does not look up links again and again."""
    if "actor" not in g:
        user = current_user._get_current_object()  # a real user, not the proxy
        g.actor = actor_of(user) if user.is_authenticated else PUBLIC
    actor: Actor = g.actor
    return actor


def forget_actor() -> None:
    """Ask anew who sends this request: while it was read apart, their role or their account may have been taken away."""
    for remembered in ("actor", "_login_user"):  # ours and Flask-Login's
        g.pop(remembered, None)


def refuse(actor: Actor) -> BaseResponse:
    """Strangers are shown the sign-in page; staff hear that they lack the right; others do not learn that it exists."""
    if actor.user_id is None:
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("security.login", next=request.full_path.rstrip("?")), code=303)
        abort(401)
    abort(403 if actor.is_staff else 404)


def requires(
    permission: Permission, load: Callable[..., Any] | None = None, *, audited: bool = False
) -> Callable[[View], View]:
    """Guard a view. ``load`` turns the URL's values into the record that the view then receives instead of them.

    ``audited`` says that reading this page is written down, so its transaction begins as a writer.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            actor = current_actor()
            if load is None:
                return view(**values) if may(actor, permission) else refuse(actor)
            if actor.user_id is None or not may_ever(actor, permission):
                return refuse(actor)
            subject = load(**values)
            if subject is None:
                abort(404)
            return view(subject) if may(actor, permission, subject) else refuse(actor)

        guarded.__dict__.update(access=permission, audited=audited)
        return cast(View, guarded)

    return mark


def public(view: View) -> View:
    """A view for everybody, signed in or not."""
    view.__dict__["access"] = "public"
    return view


def audited(view: View) -> View:
    """Reading this page is written down, so its transaction begins as a writer."""
    view.__dict__["audited"] = True
    return view


def only_reads(view: View) -> View:
    """What is sent to this view is too much for an address; nothing is changed, so nobody waits for it to write."""
    view.__dict__["only_reads"] = True
    return view


def access_of(endpoint: str) -> Permission | str | None:
    """The mark of an endpoint; None where it has none."""
    if endpoint in EXEMPT or endpoint.split(".")[0] in EXEMPT_BLUEPRINTS:
        return "exempt"
    return getattr(current_app.view_functions[endpoint], "access", None)


def init_app(app: Flask) -> None:
    @app.before_request
    def _guard() -> Response | None:
        if request.endpoint is None:
            return None  # no such page: 404 follows
        view = app.view_functions[request.endpoint]
        reads = request.method in ("GET", "HEAD", "OPTIONS") or getattr(view, "only_reads", False)
        reads = reads and not getattr(view, "audited", False)
        begin_as(writer=not reads or request.endpoint.startswith("security."))
        if access_of(request.endpoint) is None:
            app.logger.error("%s has no permission mark and is refused", request.endpoint)
            abort(403)
        return None

    @app.context_processor
    def _ask() -> dict[str, Any]:
        return {
            "may": lambda permission, subject=None: may(current_actor(), Permission(permission), subject),
            "actor": current_actor(),
        }
