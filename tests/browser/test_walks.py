"""Whole ways through the city, each in a real browser: from the first page to the end, as each role goes them."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import expect

from matching.help_requests.models import RequestKind

from . import residents
from .conftest import City, Opener
from .walking import BOTH_WAYS, PASSWORD, Walker, in_days, sign_up

MATCHING = "窓口が、依頼に合う人を探すために登録内容を使うこと"
PUBLIC = "名前を出さずに登録内容を公開すること"
PLEDGE = (
    "次のことを約束します。暴力団員や暴力団と関わりのある者ではありません。政治・宗教・営利を目的とした活動はしません。"
)


@BOTH_WAYS
def test_a_citizen_registers_is_shown_to_everybody_and_withdraws(city: City, window: Opener, javascript: bool):
    name, kana, skill, mailbox = (
        ("汐見 まさ子", "しおみ まさこ", "ちぎり絵の手ほどき", "shiomi@walks.example.jp")
        if javascript
        else ("千草 とみ", "ちぐさ とみ", "ちまき作り", "chigusa@walks.example.jp")
    )
    citizen = Walker(window(java_script_enabled=javascript, width=1280 if javascript else 390), mailbox)
    citizen.open("/").enter_by("手伝いたい")
    # The link of the mail leads on to where the account was needed.
    sign_up(citizen).is_at("協働サポーターの登録").is_told("メールアドレスを確認しました。").is_at_step("あなたのこと")
    citizen.press("次へ進む").is_asked_to_mend("氏名を入力してください。", "ふりがなを入力してください。")
    citizen.fill({"氏名": name, "氏名（ふりがな）": kana}).go_on("できること")
    citizen.fill({"できること 1": skill}).press("できることの欄を増やす")
    citizen.fill({"できること 4": "墨流し", "自己紹介・これまでの経験": "公民館で20年教えました。"})
    citizen.press("前へ戻る").is_at_step("あなたのこと")
    expect(citizen.field("氏名")).to_have_value(name)
    citizen.go_on("できること")
    expect(citizen.field("できること 4")).to_have_value("墨流し")
    citizen.go_on("場所と日時").tick("市内どこでも行ける", "土曜日の午前").go_on("連絡先と同意")
    expect(citizen.field("メールアドレス")).to_have_value(mailbox)
    citizen.fill({"メールアドレス": "", "電話番号": "でんわ"}).tick(PLEDGE)
    citizen.press("次へ進む").is_asked_to_mend("電話番号は", "同意")
    citizen.fill({"電話番号": "083-000-4711", "メールアドレス": mailbox}).tick(MATCHING).go_on("確かめる")
    citizen.reads("まだ登録していません。", name, skill, "墨流し", "083-000-4711")
    citizen.press("変更する（できること）").is_at_step("できること").fill({"できること 4": "墨流しの体験"})
    citizen.press("確かめる画面へ戻る").is_at_step("確かめる").reads("墨流しの体験", "公民館で20年教えました。")
    citizen.press("登録を申し込む").is_at("登録を受け付けました")

    desk = Walker(window("coordinator", java_script_enabled=javascript))
    desk.find(kana.replace(" ", "")).follow("協働サポーターの登録").is_at(name)
    desk.press("この登録を確認する").reads("登録中")
    assert "登録が始まりました" in citizen.last_mail()

    stranger = Walker(window(java_script_enabled=javascript))
    stranger.open(f"/directory/supporters?q={skill}").is_at("協働サポーター").sees_no(skill)

    citizen.follow_mail().is_at(name).follow("登録を直す").is_at("登録を直す").tick(PUBLIC).press("保存する")
    citizen.is_at(name).sees("公開しているページ")
    stranger.open(f"/directory/supporters?q={skill}").follow(skill).reads("名前は出していません。", "墨流しの体験")
    stranger.reads_nothing_of(name, "083-000-4711")
    shown = stranger.page.url

    citizen.unfold("同意を取り消す").fill({"取り消す同意": PUBLIC}).press("同意を取り消す")
    citizen.is_at(name).reads("公開の同意がないため、公開していません。")
    stranger.open(shown).is_at("掲載は終わりました")
    stranger.open(f"/directory/supporters?q={skill}").is_at("協働サポーター").sees_no(skill)


@BOTH_WAYS
def test_a_representative_asks_for_help_and_lets_everybody_read_the_outline(
    city: City, window: Opener, javascript: bool
):
    name, organization, title, mailbox = (
        ("汐見 多江", "浜の台子ども会", "凧あげの先生をお願いしたい", "tae@walks.example.jp")
        if javascript
        else ("千草 勇作", "峰の原自治会", "わらじ作りを教わりたい", "yusaku@walks.example.jp")
    )
    asks = Walker(window(java_script_enabled=javascript, width=1280 if javascript else 390), mailbox)
    asks.open("/").enter_by("手伝ってほしい")
    sign_up(asks).is_at("どの団体の方ですか")  # on the way on which the account was needed
    asks.fill({"団体名": organization}).press("探す").reads("見つかりませんでした")
    asks.fill({"団体の種類": "子ども会", "あなたの氏名": name}).press("この団体の担当者として申し出る")
    asks.is_asked_to_mend("ふりがなを入力してください。").fill({"あなたの氏名（ふりがな）": "ふりがな"})
    asks.press("この団体の担当者として申し出る")

    asks.is_at("手伝ってほしいことを依頼する").is_at_step("どんなことですか").reads(organization)
    asks.press("次へ進む").is_asked_to_mend("題名を入れてください。")
    asks.fill({"困っていること・してほしいこと": "だれも作り方を知りません。内緒の話です。", "題名": title})
    asks.go_on("いつ・どこで").fill({"来てほしい日（第1希望）": in_days(-3)}, within=asks.group("第1回"))
    asks.press("次へ進む").is_asked_to_mend("来てほしい日")
    asks.fill({"来てほしい日（第1希望）": in_days(24), "時間帯": "午前"}, within=asks.group("第1回"))
    asks.unfold("2回以上あるとき").fill({"来てほしい日（第1希望）": in_days(31)}, within=asks.group("第2回"))
    asks.press("日時をもう1回分追加する")
    asks.fill({"日が決まっていないとき": "年が明けたら"}, within=asks.group("第3回"))
    asks.go_on("人数・費用・連絡先").fill({"電話番号": "083-000-4722"}).press("前へ戻る").is_at_step("いつ・どこで")
    expect(asks.field("来てほしい日（第1希望）", within=asks.group("第2回"))).to_have_value(in_days(31))
    asks.go_on("人数・費用・連絡先").go_on("確かめる").reads(
        "まだ送られていません。", title, "年が明けたら", "083-000-4722"
    )
    asks.press("依頼を送る").is_at(title).is_told("依頼を受け取りました。").reads("受付", "年が明けたら")

    shown = asks.page.url

    desk = Walker(window("coordinator", java_script_enabled=javascript))
    desk.find(title).follow(title).is_at(title).reads("担当者かどうか、まだ確かめていません。")
    desk.follow("代表者を確かめる").follow(f"{name}さん（{organization}）").press("確認した").is_told("確認しました。")

    asks.open(shown).follow("公開される内容を見て決める").is_at("要約を公開する").reads(
        "要約はこれから窓口が書きます。"
    )
    asks.press("公開する").is_at(title).reads("要約をだれでも読めます。")

    desk.find(title).follow(title).follow("内容を整えて受け付ける").is_at("依頼の内容を整える")
    outline = f"子どもたちに{'凧あげ' if javascript else 'わらじ作り'}を教える人"
    desk.fill({"派遣・紹介": "派遣", "打診用の要約": f"{outline}\n集会所で、親子20人に教えてください。"})
    desk.press("受け付ける").is_at(title).is_told("依頼を受け付けました。").reads("要約を公開中")

    stranger = Walker(window(java_script_enabled=javascript))
    stranger.open("/directory/requests").follow(outline).is_at(outline).reads("集会所で、親子20人に教えてください。")
    stranger.reads_nothing_of(organization, name, "内緒の話", "083-000-4722")
    assert title in asks.last_mail()
    asks.follow_mail().is_at(title).reads("お手伝いできる人や団体を探しています。")
    asks.press("公開をやめる").is_at(title)
    stranger.open("/directory/requests").is_at("公開中の依頼").sees_no(outline)


@BOTH_WAYS
def test_a_telephone_call_becomes_a_dispatch_that_is_reported_and_closed(city: City, window: Opener, javascript: bool):
    caller, kana, telephone, organization, mailbox = (
        ("汐見 みどり", "しおみ みどり", "083-000-7731", "くぬぎ原子ども会", "sara@walks.example.jp")
        if javascript
        else ("千草 あおい", "ちぐさ あおい", "083-000-7742", "かえで原子ども会", "mawashi@walks.example.jp")
    )
    first, second, third = (f"{one} {'さら' if javascript else 'きょく'}" for one in ("遠地", "深沢", "早見"))
    skill = "皿回し" if javascript else "けん玉"
    title = f"クリスマス会で{skill}を見たい"
    with residents.of(city):
        person = residents.a_person(caller, kana, telephone=telephone)
        residents.an_organization(organization, acts=person)
        residents.a_supporter(residents.a_person(first, "とおち さら", mail=mailbox), skill, "子ども会での出し物")
        residents.a_supporter(residents.a_person(second, "ふかざわ さら", telephone="083-000-7755"), skill)
        residents.a_supporter(residents.a_person(third, "はやみ さら", telephone="083-000-7766"), skill)

    desk = Walker(window("coordinator", java_script_enabled=javascript))
    desk.find(telephone[-4:]).is_at(f"「{telephone[-4:]}」を探した結果").reads("電話番号の末尾が同じ").sees(caller)
    desk.find(kana.replace(" ", "")).follow(f"「{organization}」の依頼を入れる").is_at("依頼を入れる")
    desk.reads(organization).fill({"来てほしい日（第1希望）": in_days(0), "時間帯": "午後"}, within=desk.group("第1回"))
    desk.fill(
        {
            "連絡してきた人の名前": caller,
            "連絡してきた人の電話番号": telephone,
            "困っていること・してほしいこと": "いつもの手品の先生が引っ越しました。",
            "題名": title,
            "お願いしたいこと（短い言葉で）": skill,
            "派遣・紹介": "派遣",
        }
    )
    desk.press("受け付けて続ける").is_asked_to_mend("下書きを入れました。").press("受け付けて続ける")
    desk.is_at(title).is_told("依頼を入れました。").reads("打診の前に、打診用要約と")
    case = desk.page.url

    desk.follow("依頼の内容を整える", within=desk.section("次にすること")).is_at("依頼の内容を整える")
    desk.fill(
        {"謝礼": "なし", "交通費": "実費", "材料費": "かからない", "お金を払う人・団体": "子ども会", "保険": "なし"}
    )
    desk.press("保存する").is_at(title).is_told("保存しました。")
    for rank in (1, 2, 3):
        card = desk.section(re.compile(f"^{rank}位"))
        expect(card).to_contain_text("合うところ")
        expect(card).to_contain_text(skill)

    for _time in ("first", "again"):
        desk.follow(f"{first}さんに打診する").is_at(f"{first}さんに打診する")
        expect(desk.field("メールで送る（5分間は取り消せます）")).to_be_checked()
        desk.press(f"{first}さんに打診する").is_at(title).reads(f"{first}さんへの打診のメールは")
        if _time == "first":
            desk.press("取り消す").is_told("打診を取り消しました。メールは送られません。")
    helper = Walker(window(java_script_enabled=javascript), mailbox)
    helper.follow_mail().is_at(re.compile(skill)).reads(f"{first} 様").reads_nothing_of("引っ越しました", telephone)
    helper.press("返事を送る").is_asked_to_mend("お返事を選んでください。").tick("引き受けます（内諾）")
    helper.fill({"伝えておきたいこと": "机を1つ貸してください。"}).press("返事を送る")
    helper.is_told("お返事を受け取りました。").reads("引き受けるとのお返事をいただいています。")

    desk.open(case).reads(f"{first}さんが内諾しました。", "机を1つ貸してください。").follow("依頼者に了承を求める")
    desk.tick("電話・窓口で話す").press("依頼者に伝える").is_told("依頼者に伝えたことを記録しました。")
    desk.follow("電話などで聞いた返事を記録する").is_at("依頼者の返事を記録する").tick("電話・窓口", "了承します")
    desk.press("返事を記録する").is_told("依頼者の返事を記録しました。").follow("決定を記録する")
    desk.press("決定を記録して両方に知らせる").is_asked_to_mend("決裁した人の職名か氏名を入力してください。")
    desk.fill({"決裁した人": "協働推進課長"}).press("決定を記録して両方に知らせる").is_told("として決定しました。")

    for name in (organization, first):
        desk.follow(f"{name}さんへの手紙").is_at(f"{name}さんへの手紙")
        desk.page.emulate_media(media="print")
        expect(desk.main.get_by_role("article")).to_be_visible()
        expect(desk.page.get_by_role("banner")).to_be_hidden()
        desk.page.emulate_media(media="screen")
        desk.tick("電話・窓口").press("伝えたことを記録する").is_told("伝えたことを記録しました。")
    helper.follow_mail().reads(organization, telephone)

    desk.open(case).follow("報告を記録する").is_at("報告を記録する").tick("電話・窓口", "実施した")
    desk.fill({"参加した人数": "２５", "報告": "子どもたちが目を丸くしていました。"}).press("報告を記録する")
    desk.is_told("報告を記録しました。").reads("報告がそろいました。").press("この依頼を終了する")
    desk.is_told("依頼を終了しました。").reads("この依頼は終わりました。")
    desk.follow("次の依頼へ進む").is_at(re.compile(f"^(?!{title})")).reads("次にすること")
    helper.page.reload()
    helper.reads("連絡先の表示は終わりました。").reads_nothing_of(telephone)


def test_the_next_desk_reads_the_note_and_nothing_of_councils(city: City, window: Opener):
    title, member, council = "寄せ植えの会を開きたい", "波多江 園子", "花と緑の審議会"
    with residents.of(city):
        caller = residents.a_person("汐見 ひさし", "しおみ ひさし", telephone="083-000-7788")
        requester = residents.an_organization("つつじが原町内会", acts=caller)
        seat = residents.a_council(council, department="協働推進課", seats=5)
        residents.a_member(seat, residents.a_person(member, "はたえ そのこ"), "寄せ植え")
        residents.a_supporter(residents.a_person("遠地 花絵", "とおち はなえ", telephone="083-000-7799"), "寄せ植え")
        residents.a_case(title, "寄せ植え", requester=requester, caller=caller, kind=RequestKind.INTRODUCTION)

    desk = Walker(window("coordinator"))
    desk.find(title).follow(title).is_at(title).reads(member, "遠地 花絵").follow("別の窓口に引き継ぐ")
    desk.is_at("別の窓口に引き継ぐ").reads("候補一覧から外れます。").press("引き継ぐ")
    desk.is_asked_to_mend("引き継ぐ窓口を選んでください。", "次の窓口に伝えることを書いてください。")
    desk.fill({"引き継ぐ窓口": "さぽらんて", "次の窓口に伝えること": "電話は夕方がつながりやすいです。"}).press(
        "引き継ぐ"
    )
    desk.is_at(title).is_told("さぽらんてに引き継ぎました。").reads("この依頼はさぽらんてが進めています。")

    next_desk = Walker(window("contractor")).open("/desk").is_at("窓口")
    expect(next_desk.row(title)).to_contain_text("引き継ぎ")
    next_desk.follow(title).is_at(title).reads(
        "協働推進課から引き継ぎました", "電話は夕方がつながりやすいです。", "遠地 花絵"
    )
    next_desk.reads_nothing_of(member, council, "審議会")
    next_desk.follow("候補を全部見る").is_at("候補を比べる").reads("遠地 花絵").reads_nothing_of(member, "審議会")
    next_desk.find("はたえそのこ").is_at("「はたえそのこ」を探した結果").sees_no(member)
    expect(next_desk.page.get_by_role("banner")).not_to_contain_text("審議会")


def test_a_clerk_renews_two_members_and_appoints_another(city: City, window: Opener):
    name, elsewhere = "水防と避難の協議会", "堤防を考える審議会"
    first, second, stays, comes = "波多江 守", "波多江 渡", "波多江 長", "波多江 堤"
    with residents.of(city):
        council = residents.a_council(name, department="防災危機管理課", seats=5)
        residents.a_member(council, residents.a_person(first, "はたえ まもる"), days_left=20)
        residents.a_member(council, residents.a_person(second, "はたえ わたる"), days_left=20)
        residents.a_member(council, residents.a_person(stays, "はたえ ながし"), days_left=500)
        other = residents.a_council(elsewhere, department="高齢福祉課", seats=5)
        residents.a_member(other, residents.a_person(comes, "はたえ つつみ"), days_left=300)

    clerk = Walker(window("clerk"))
    clerk.open("/councils").fill({"名称・扱うこと・所管課": "水防と避難"}).press("探す").follow(name).is_at(name).reads(
        first, second
    )
    clerk.follow("まとめて再任する").is_at("まとめて再任する").reads(first, second).reads_nothing_of(stays)
    for member in (first, second):
        expect(clerk.main.get_by_role("checkbox", name=f"{member}さんを再任する")).to_be_checked()
    clerk.fill({"次の任期の終わり": in_days(1)}).press("印を付けた人を再任する").is_asked_to_mend("次の任期")
    clerk.fill({"次の任期の終わり": in_days(750)}).press("印を付けた人を再任する").is_told("2人を再任しました。")
    expect(clerk.section("これからの任期").get_by_role("row")).to_have_count(3)  # with the head

    clerk.follow("委員を入れる").is_at("委員を入れる").fill({"氏名・ふりがな": "はたえつつみ"}).press("探す")
    clerk.follow(f"この人にする（{comes}さん）").is_at(f"{comes}さんの任期を入れる").press("委員に入れる")
    clerk.is_asked_to_mend("任期の始まりの日を入力してください。")
    clerk.fill({"任期の始まり": in_days(0), "任期の終わり": in_days(700), "役職": "委員"}).press("委員に入れる").is_at(
        name
    )
    expect(clerk.section("委員").get_by_role("row").filter(has_text=comes)).to_contain_text("ほかに1つ")
    clerk.follow(comes).is_at(comes).reads("いま2つの審議会等の委員", elsewhere, name)
    clerk.follow(elsewhere).is_at(elsewhere).sees_no("委員を入れる")

    personnel = Walker(window("personnel"))
    for council_name in (name, elsewhere):
        personnel.open("/councils").fill({"名称・扱うこと・所管課": council_name}).press("探す").follow(council_name)
        personnel.is_at(council_name).sees("委員を入れる")
    contractor = Walker(window("contractor"))
    for path in (personnel.page.url, "/councils", "/councils/members"):
        contractor.open(path).is_at("このページを見る権限がありません").reads_nothing_of(elsewhere)


def test_a_group_says_that_all_is_as_it_was_and_the_desk_takes_the_list_home(city: City, window: Opener):
    name, mailbox = "=あじさいの会", "ajisai@walks.example.jp"
    with residents.of(city):
        acts = residents.a_person("汐見 紫", "しおみ むらさき", telephone="083-000-7711")
        residents.an_account(acts, mailbox)
        group = residents.an_organization(name, acts=acts)
        residents.a_group(group, "さ-9001", "あじさいの挿し木", registered_on=date(2024, 5, 1))

    owner = Walker(window(), mailbox)
    owner.window.sign_in(mailbox, PASSWORD)
    owner.open("/me").follow("さぽらんて登録団体（さ-9001）の登録を見る").is_at(name).reads("今年度の更新がまだ")
    owner.follow("登録を直す").fill({"できること": ""}).press("保存する").is_asked_to_mend(
        "できることを1つ以上書いてください。"
    )
    owner.fill({"できること": "あじさいの挿し木\n寺の庭の案内", "会員の数": "１２"}).press("保存する").is_at(name)
    owner.reads("寺の庭の案内", "12人").press("内容はいまのとおりです").is_at(name).reads("今年度の更新済み")

    desk = Walker(window("coordinator"))
    desk.open("/groups").fill({"名前・番号・できること": "あじさいの会"}).press("探す").sees(name)
    lines = desk.download("この一覧をCSVで保存する").splitlines()
    own = next(line for line in lines if "さ-9001" in line)
    assert "'=あじさいの会" in own and "寺の庭の案内" in own
    assert "083" not in own and "汐見" not in own


@BOTH_WAYS
def test_words_of_the_lexicon_are_offered_while_a_trouble_is_told(city: City, window: Opener, javascript: bool):
    asks = Walker(window("representative", java_script_enabled=javascript, width=320, reduced_motion="reduce"))
    asks.open("/requests/new").is_at_step("どんなことですか")
    asks.fill({"困っていること・してほしいこと": "集会所で手品をお願いしたいです。", "題名": "手品のお願い"})
    word = "マジック・手品"
    if javascript:
        chip = asks.main.get_by_role("button", name=re.compile(word))
        title = asks.field("題名")
        before = title.evaluate("one => one.getBoundingClientRect().top")
        expect(chip).to_be_visible()
        assert abs(title.evaluate("one => one.getBoundingClientRect().top") - before) < 2  # it has the focus: it stays
        chip.focus()
        asks.page.keyboard.press("Enter")
        expect(asks.main.get_by_role("status").filter(has_text=f"「{word}」を加えました。")).to_be_visible()
        assert asks.page.evaluate("document.activeElement !== document.body")
        expect(asks.field("お願いしたいこと（短い言葉で）")).to_have_value(word)
    asks.go_on("いつ・どこで").fill({"来てほしい日（第1希望）": in_days(24)}, within=asks.group("第1回"))
    asks.go_on("人数・費用・連絡先").go_on("確かめる")
    if not javascript:
        asks.main.get_by_role("button", name=re.compile(word)).click()
        asks.reads(f"「{word}」を加えました。")
    expect(asks.main.locator("dd", has_text=word).first).to_be_visible()
    expect(asks.main.get_by_role("button", name=re.compile(word))).to_have_count(0)
    assert asks.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_offered_words_are_announced_walked_by_keys_and_taken_once_by_a_double_click(city: City, window: Opener):
    asks = Walker(window("representative", reduced_motion="reduce"))
    asks.open("/requests/new").fill({"困っていること・してほしいこと": "集会所の雨漏りと、手品と、包丁研ぎのこと"})
    chips, trouble = asks.main.locator(".offer"), asks.field("困っていること・してほしいこと")
    told = asks.main.locator("#near-words [role=status]")
    expect(told).to_have_text(re.compile("近いことばが下に[0-9]+件あります。"))
    assert chips.count() > 2
    chips.first.focus()
    asks.page.keyboard.press("ArrowRight")
    expect(chips.nth(1)).to_be_focused()
    for _back in range(2):
        asks.page.keyboard.press("ArrowLeft")
    expect(chips.last).to_be_focused()
    asks.page.keyboard.press("Escape")
    expect(trouble).to_be_focused()
    first, second = (chips.nth(at).get_attribute("value") for at in (0, 1))
    box = chips.first.bounding_box()
    asks.page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(asks.field("お願いしたいこと（短い言葉で）")).to_have_value(first)
    expect(told).to_have_text(f"「{first}」を加えました。")
    expect(chips.first).to_have_attribute("value", second)
    words = ["手品", "落語"]  # as many as before, but others
    answers = iter(f'<button class="offer" name="add" value="{word}">{word}</button>' for word in words)
    asks.page.route("**/concepts/suggest", lambda route: route.fulfill(body=next(answers)))
    for word in words:
        trouble.fill(f"{word}のこと")
        expect(told).to_have_text(f"近いことばが下に1件あります。はじめは「{word}」です。")
    asks.page.unroute("**/concepts/suggest")
    trouble.fill("ぬるぽぺ")
    expect(chips).to_have_count(0)
    expect(told).to_have_text("")


def test_a_skill_that_was_offered_fills_the_next_empty_row(city: City, window: Opener):
    desk = Walker(window("coordinator"))
    desk.open("/supporters/enter").fill({"できること 1": "手品を見せます"})
    desk.main.get_by_role("button", name=re.compile("マジック・手品")).click()
    expect(desk.field("できること 2")).to_have_value("マジック・手品")
