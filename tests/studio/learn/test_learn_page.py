"""The page on which the documents are followed, as a person uses it."""

import re
from collections.abc import Iterator

import pytest
from browser import watched_page
from paths import SHARED_DATA
from playwright.sync_api import Browser, expect
from running_studio import RunningStudio, running_studio

from noonbit.course.byhand import DOCUMENTED


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A studio that finds MNIST."""
    if not SHARED_DATA.exists():
        pytest.skip(f"needs the real data in {SHARED_DATA}")
    folder = tmp_path_factory.mktemp("studio")
    with running_studio(folder, f"--data-dir={SHARED_DATA}") as running:
        yield running
        running.stop_trainings()


def test_the_network_by_hand_is_followed_to_its_last_line_in_korean(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url, locale="ko-KR", width=390) as page:
        page.goto(f"{studio.url}/learn")
        page.get_by_label("제목이나 용어 찾기").fill("순전파")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="D4 · 순전파와 역전파 (드롭아웃 포함)").click()
        step = page.locator("learn-byhand")
        step.get_by_label("단계").focus()
        expect(step.get_by_role("status")).to_contain_text("11단계 중 1단계")
        page.keyboard.press("ArrowRight")
        expect(step.get_by_role("status")).to_contain_text("s1 = 1*0.3 + 0.5*0.4 + 0*0.7 = 0.5")
        page.keyboard.press("End")
        expect(step.get_by_role("status")).to_contain_text("이것이 학습입니다")
        expect(step.get_by_role("status")).to_contain_text("= 0.0846")

        table = page.locator(".byhand-table")
        page.get_by_role("button", name="여기에서 표 계산하기").click()
        expect(table.locator("tbody tr")).to_have_count(len(DOCUMENTED))
        last = table.locator("tbody tr").last.locator("th, td").all_inner_texts()
        assert last == ["19", *DOCUMENTED[-1], "예"]
        expect(page.get_by_text("숫자 80개가 모두 문서와 마지막 자리까지 같습니다")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_filter_is_moved_to_its_last_place_by_keyboard(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url, width=390) as page:
        page.goto(f"{studio.url}/learn/D3")
        window = page.locator("#D3-15 learn-window")
        place = window.get_by_label("Place of the window")
        place.focus()
        expect(window.get_by_role("status")).to_have_text("1*1 + 0*0 + 0*0 + 1*1 = 2")
        page.keyboard.press("End")
        expect(window.get_by_role("status")).to_have_text("1*1 + 1*0 + 1*0 + 0*1 = 1")
        expect(place).to_have_attribute("aria-valuetext", "Place 9 of 9, row 3, column 3")
        output = window.locator("figure").last
        assert output.locator("td").all_inner_texts() == list("211022011")
        window.get_by_label("Picture, row 4, column 4").fill("-5")
        expect(window.get_by_role("status")).to_have_text("1*1 + 1*0 + 1*0 + -5*1 = -4")
        window.get_by_label("Stride").select_option("3")
        expect(window.locator(".learn-formula")).to_contain_text("(4 + 2*0 - 2) / 3 + 1 = 1.6667")
        expect(window.locator(".learn-formula")).to_contain_text("1x1")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_window_has_the_numbers_and_the_padding_of_the_programs_command(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D2")
        window = page.locator("#D2-16 learn-window")
        window.get_by_label("Place of the window").focus()
        page.keyboard.press("End")
        expect(window.get_by_role("status")).to_have_text("9*1 + 0*1 + 0*1 + 0*1 = 9")
        output = window.locator("figure").last.locator("td")
        assert output.all_inner_texts() == ["12", "16", "9", "24", "28", "15", "15", "17", "9"]
        expect(window.locator(".learn-formula")).to_contain_text("(3 + 0 + 1 - 2) / 1 + 1 = 3")
        window.get_by_label("Padding").select_option("0")
        expect(window.locator(".learn-formula")).to_contain_text("2x2")


def test_a_program_is_run_and_its_output_and_picture_are_shown(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D1")
        page.get_by_role("button", name="Run it, quick: Reshape to 28x28x1").click()
        program = page.locator("#D1-5")
        expect(program.get_by_text("ended")).to_be_visible()
        output = program.get_by_role("region")
        expect(output).to_contain_text("one-hot 1 0 0 0 0 0 0 0 0 0")
        expect(program.get_by_role("img")).to_have_attribute("alt", re.compile("image.png"))
        page.reload()  # what was run is found again
        expect(program.get_by_role("region")).to_contain_text("one-hot")


def test_a_command_about_a_run_waits_for_one_and_a_training_is_watched(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D0")
        evaluate = page.get_by_role("button", name="Run it: Evaluating the model")
        expect(evaluate).to_be_disabled()
        page.get_by_role("button", name=re.compile("^Run it, quick: Training the model")).click()
        page.wait_for_url(re.compile(r"/train/[^/]+-default-digits$"))
        expect(page.locator(".status")).to_have_text("finished")
        page.goto(f"{studio.url}/learn/D0")
        evaluate.click()
        expect(page.locator("#D0-13 .output")).to_contain_text("accuracy")


def test_a_network_is_drawn_with_its_parameters(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D2")
        page.get_by_role("button", name="Draw lenet5").click()
        drawing = page.get_by_role("img", name="lenet5 on 28x28x1: 7 layers, 61,706 parameters")
        expect(drawing).to_be_visible()
        expect(drawing.locator("rect")).to_have_count(8)


def test_an_unknown_document_or_word_is_said(studio: RunningStudio, chromium: Browser) -> None:
    assert studio.client.get("/learn/D9").status_code == 404
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn?of=drpout")
        expect(page.get_by_role("alert")).to_contain_text("Near it: Dropout.")


def test_the_small_drawings_answer_their_sliders(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D3")
        one_hot = page.locator("learn-one-hot")
        one_hot.get_by_label("Label").press("End")
        expect(one_hot.get_by_role("status")).to_have_text("The label 9 is 0 0 0 0 0 0 0 0 0 1")
        check = page.locator("learn-gradcheck")
        check.get_by_label("Size of the step h").press("End")
        expect(check.get_by_role("status")).to_contain_text("1e-1")
        error = float(check.locator("dd").last.inner_text())
        check.get_by_label("Size of the step h").press("ArrowLeft")
        assert float(check.locator("dd").last.inner_text()) < error / 50  # h², as of a difference
        dropout = page.locator("learn-dropout")
        dropout.get_by_label("Share that is left out").press("Home")
        expect(dropout.get_by_role("status")).to_contain_text("20 of 20 units take part")
        pool = page.locator("#D3-19 learn-window")
        pool.get_by_label("Place of the window").press("End")
        expect(pool.get_by_role("status")).to_have_text("max(6, 1, 1, 0) = 6")
        page.goto(f"{studio.url}/learn/D0")
        split = page.locator("learn-split")
        split.get_by_label("Pictures that validate").press("Home")
        expect(split.get_by_role("status")).to_contain_text("59,000 train, 1,000 validate")


def test_claims_and_figures_are_korean_on_a_korean_page(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url, locale="ko-KR") as page:
        page.goto(f"{studio.url}/learn/D3")
        results = page.locator("#D3-22 .results")
        expect(results).to_contain_text("99.30 % (99.12 ~ 99.45; 이미지 10,000장; 21분, 27 에포크)")
        expect(results).to_contain_text("문서 수치에 도달")
        claim = page.locator("#D3-30 .results dd").first
        expect(claim).to_contain_text("데이터 부풀리기가 이겨야 함")
        for text in page.locator(".results dd").all_inner_texts():
            assert not re.search(r"images|epochs| min\b|the document| to \d", text), text
        expect(page.locator("#D3-13")).to_contain_text("짧은 실행에는 위의 설명과 다른 데이터를")
        page.goto(f"{studio.url}/learn?of=드롭아옷")
        expect(page.get_by_role("alert")).to_contain_text("비슷한 말: 드롭아웃.")


def test_beside_a_summary_nothing_is_trained(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D2")
        watch = "Train it and watch: "
        expect(page.get_by_role("button", name=f"{watch}Lecture 3: LeNet-5")).to_be_visible()
        expect(page.get_by_role("button", name=f"{watch}Lecture 3: ResNet")).to_have_count(0)
        expect(page.locator("#D2-13 .results")).to_contain_text(
            "ResNet-18 in its small-image form:"
        )


def test_a_small_picture_has_the_window_of_a_command_without_pixels(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/learn/D1")
        window = page.locator("#D1-6 learn-window")
        expect(page.locator("#D1-6 .drawing")).to_contain_text("A small picture of 6x6")
        expect(window.locator(".learn-formula")).to_contain_text("(6 + 2*1 - 3) / 1 + 1 = 6")
        window.get_by_label("Place of the window").press("ArrowRight")
        expect(window.get_by_role("status")).to_have_text(
            "0*(-1) + 0*0 + 0*1 + 0*(-1) + 0*0 + 9*1 + 0*(-1) + 0*0 + 9*1 = 18"
        )
        pool = page.locator("#D1-8 learn-window")
        expect(pool.locator(".learn-formula")).to_contain_text("(6 + 2*0 - 2) / 2 + 1 = 3")
