"""The components as HTML."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.template import Context, Template

from sextant.errors import InvalidInput
from sextant.lifecycle.around import AROUND
from sextant.verdicts import Status
from sextant_server.ui.icons import ICONS, STATUSES
from sextant_server.ui.samples import PHASES, RiskFormSet, TargetForm


def show(text: str, **context: Any) -> str:
    return Template("{% load ui %}" + text).render(Context(context))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_each_verdict_has_a_word_and_a_shape_of_its_own() -> None:
    drawn = {status: show("{% verdict_tag s %}", s=status) for status in STATUSES}
    assert len({words(html) for html in drawn.values()}) == len(STATUSES)
    shapes = {status: re.search(r"<svg.*</svg>", html) for status, html in drawn.items()}
    assert len({m.group() for m in shapes.values() if m}) == len(STATUSES)
    assert words(drawn["not_enough"]) == "Not sure yet"


def test_every_verdict_of_the_library_can_be_shown() -> None:
    for status in Status:
        assert f'data-status="{status.value}"' in show("{% verdict_tag s %}", s=status)


def test_a_verdict_with_its_own_word_and_origin() -> None:
    html = show('{% verdict_tag "unmet" label="Broken" simulated=True %}')
    assert words(html) == "Broken simulated"
    assert 'data-status="unmet"' in html


@pytest.mark.parametrize(
    "text",
    [
        '{% verdict_tag "good" %}',
        '{% icon "unicorn" %}',
        '{% origin_badge "guessed" %}',
        '{% gauge 1 0 2 1 "up" %}',
        '{% chart_bars items "x" direction="up" %}',
    ],
)
def test_a_wrong_name_is_an_error_and_not_a_gap(text: str) -> None:
    with pytest.raises(InvalidInput):
        show(text, items=[("a", 1)])


@pytest.mark.parametrize(
    "text",
    [
        '{% verdict_tag "met" label=evil %}',
        '{% icon "add" evil %}',
        "{% number 1 evil %}",
        '{% number None "" why=evil %}',
        "{% interval 1 2 evil %}",
        "{% gauge 1 0 2 1 'at_least' evil %}",
        "{% age None evil %}",
        "{% course phases evil %}",
        "{% chart_line points evil evil 1 x_label=evil %}",
        "{% chart_bars items evil evil 1 name_label=evil %}",
        "{% meter 1 2 evil evil %}",
        "{% subnav tabs evil %}",
        "{% more evil evil evil %}",
        "{% grid formset evil evil %}",
    ],
)
def test_what_people_wrote_is_escaped(text: str) -> None:
    evil = "<script>alert(1)</script>\"'"
    html = show(
        text,
        evil=evil,
        phases=[{"name": evil, "state": "here", "sub": evil, "href": evil}],
        points=[(1, 2)],
        items=[(evil, 2)],
        tabs=[{"label": evil, "href": evil, "count": evil}],
        formset=RiskFormSet(prefix="risks"),
    )
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert '</script>"' not in html


def test_a_number_can_be_read_by_people_and_by_programs() -> None:
    assert show('{% number 0.989 "share" %}') == '<data class="n" value="0.989">98.9 %</data>'
    assert show("{% number v 'share' %}", v=None) == '<span class="n none">unknown</span>'
    html = show("{% number v '' why='only one label was used' %}", v=float("nan"))
    assert words(html) == "unknown only one label was used"
    assert "<data" not in html


def test_an_interval_is_one_unit() -> None:
    assert show('{% interval 0.979 0.995 "share" %}') == '<span class="n range">97.9–99.5 %</span>'


def test_icons_are_silent_unless_they_are_named() -> None:
    for name in ICONS:
        assert 'aria-hidden="true"' in show("{% icon n %}", n=name)
    named = show('{% icon "add" "Add" %}')
    assert "<title>Add</title>" in named
    assert "aria-hidden" not in named


def test_measured_needs_no_badge() -> None:
    assert show('{% origin_badge "measured" %}') == ""
    assert words(show('{% origin_badge "declared" %}')) == "declared"


def test_age_says_when_exactly() -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    html = show("{% age when now=now %}", when=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), now=now)
    assert 'datetime="2026-11-23T10:00:00+00:00"' in html
    assert 'title="23 Nov 2026, 10:00 UTC"' in html
    assert words(html) == "2 h ago"
    assert "data-age" in html
    assert "2 h ago" in show("{% age when now=now %}", when=datetime(2026, 11, 23, 10, 0), now=now)  # noqa: DTZ001
    day = show("{% age when now=now %}", when=date(2026, 11, 22), now=now)
    assert words(day) == "yesterday"
    assert "data-age" not in day
    assert words(show("{% age None %}")) == "never"


def test_gauge_has_its_words() -> None:
    html = show('{% gauge 0.989 0.979 0.995 0.98 "at_least" "share" %}')
    assert 'role="img"' in html
    assert "<title>98.9 %, range 97.9–99.5 %; target at least 98 %</title>" in html


def test_course_says_where_one_is() -> None:
    html = show("{% course phases %}", phases=PHASES)
    assert html.count("<li ") == 6
    assert html.count('aria-current="step"') == 1
    text = words(html)
    assert "Data ×2 round 2 done, came back from Evaluation passed 20 Nov" in text
    assert "Evaluation ×2 round 2 you are here 2 of 5 met" in text
    assert 'class="arc desk span-2"' in html


def test_course_takes_objects_too() -> None:
    html = show("{% course phases %}", phases=[SimpleNamespace(name="Data", state="ahead")])
    assert words(html) == "Data ahead"


@pytest.mark.parametrize(
    "phase",
    [
        {"name": "Data", "state": "lost"},
        {"name": "Data", "state": "done", "back_from": "Nowhere"},
        {"name": "Data", "state": "done", "back_from": "Data"},
    ],
)
def test_course_refuses_what_it_cannot_draw(phase: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        show("{% course phases %}", phases=[phase])


def test_chart_has_its_numbers_beside_it() -> None:
    points = [(date(2026, 11, 1), 0.9, 0.8, 0.95), (date(2026, 11, 2), None), (date(2026, 11, 3), 0.97)]
    html = show('{% chart_line points "Read right" "share" 0.95 %}', points=points)
    text = words(html)
    assert "Read right: 2 values" in text
    assert "1 Nov 90 % 80–95 %" in text
    assert "2 Nov unknown no range" in text
    assert "target at least 95 %" in text
    assert "No values yet." in show('{% chart_line points "Read right" %}', points=[])


def test_charts_of_differences_speak_of_points() -> None:
    points = [(1, -0.01, -0.02, 0.0), (2, 0.02, 0.01, 0.03)]
    line = words(show('{% chart_line points "Effect" "share" 0 difference=True %}', points=points))
    assert "latest +2 points, lowest −1 points, highest +2 points; target at least 0 points" in line
    assert "%" not in line
    items = [("All", -0.01, -0.02, 0.0)]
    table = words(show('{% chart_bars items "Effect" "share" 0 difference=True %}', items=items))
    assert "All −1 points −2 to 0 points" in table
    assert "%" not in table


def test_bars_are_a_table() -> None:
    html = show(
        '{% chart_bars items "Read right" "share" 0.95 %}', items=[("All", 0.9, 0.8, 0.95), ("None", None)]
    )
    assert html.count("<tr>") == 3
    assert "All 90 % 80–95 %" in words(html)
    assert "None unknown" in words(html)
    assert "No values yet." in show('{% chart_bars items "Read right" %}', items=[])


def test_meter_says_what_it_fills() -> None:
    html = show('{% meter 61000 120000 "Spent" "USD" planned=52000 %}')
    assert "<title>Spent: $61,000 of $120,000, $52,000 planned by now</title>" in html
    assert 'width="50.8%"' in html
    assert "more than all of it" in show('{% meter 12 10 "Days" %}')
    for value, total in ((None, 10), (3, 0), (3, None), (float("nan"), 10)):
        assert 'class="part"' not in show("{% meter v t 'Days' %}", v=value, t=total)


def test_fields_are_joined_with_their_help_and_errors() -> None:
    html = show(
        '{% include "ui/form.html" with form=form submit="Go" cancel="/back/" %}', form=TargetForm({})
    )
    for name in ("name", "bar", "direction"):
        control = re.search(rf'<(?:input|select)[^>]*name="{name}"[^>]*>', html)
        assert control is not None
        assert 'aria-invalid="true"' in control.group()
        described = re.search(r'aria-describedby="([^"]+)"', control.group())
        assert described is not None
        for one in described.group(1).split():
            assert f'id="{one}"' in html
        assert f'<label for="id_{name}"' in html
    assert '<fieldset class="field bad" aria-describedby="id_judged_helptext id_judged_error">' in html
    assert "4 fields need another look" in words(html)
    assert 'href="#id_judged"' in html
    assert '<button class="act first">Go</button>' in html
    assert 'href="/back/"' in html


def test_form_says_what_is_wrong_with_the_whole() -> None:
    class Pair(forms.Form):
        one = forms.CharField()

        def clean(self) -> None:
            raise forms.ValidationError("The two do not go together.")

    html = show('{% include "ui/form.html" %}', form=Pair({"one": "x"}))
    assert "The two do not go together." in words(html)


def test_grid_is_a_formset() -> None:
    html = show('{% grid formset "Risks" %}', formset=RiskFormSet(prefix="risks", initial=[{"risk": "Ink"}]))
    body, template = html.split("<template", 1)
    assert 'name="risks-TOTAL_FORMS" value="2"' in html
    assert 'data-total="risks-TOTAL_FORMS" data-most="200"' in html
    assert 'aria-label="Risk, row 1"' in body
    assert 'name="risks-1-risk"' in body
    assert "__prefix__" not in body
    assert 'name="risks-__prefix__-risk"' in template
    assert 'aria-label="Risk, row __row__"' in template
    assert 'aria-describedby="risks-cost-column"' in body
    assert body.count('id="risks-cost-column"') == 1


def test_grid_keeps_hidden_fields_and_errors() -> None:
    class Row(forms.Form):
        id = forms.IntegerField(widget=forms.HiddenInput, required=False)
        name = forms.CharField()

    rows = forms.formset_factory(Row, extra=0)
    sent = {"f-TOTAL_FORMS": "1", "f-INITIAL_FORMS": "1", "f-0-id": "7", "f-0-name": ""}
    html = show('{% grid formset "Rows" %}', formset=rows(sent, prefix="f", initial=[{"id": 7}]))
    assert 'name="f-0-id" value="7"' in html
    assert 'aria-describedby="id_f-0-name_error"' in html
    assert 'id="id_f-0-name_error"' in html
    assert "Delete" not in words(html)


def test_more_is_nothing_at_the_end() -> None:
    assert show("{% more None %}").strip() == ""
    html = show('{% more "?after=9" within="log" columns=3 %}')
    assert html.startswith('<tr class="more"><td colspan="3">')
    assert 'hx-select="#log &gt; *"' in html or 'hx-select="#log > *"' in html
    assert show('{% more "?after=9" within="log" %}').startswith('<li class="more">')
    plain = show('{% more "?after=9" %}')
    assert plain.startswith('<div class="more">')
    assert "hx-get" not in plain


def test_subnav_marks_the_page_that_is_open() -> None:
    html = show(
        "{% subnav tabs %}",
        tabs=[{"label": "A", "href": "/a/", "current": True, "count": 3}, {"label": "B", "href": "/b/"}],
    )
    assert html.count("aria-current") == 1
    assert words(html) == "A 3 B"


def test_drawings_do_not_depend_on_the_language(settings: Any) -> None:
    """A comma in a coordinate breaks a drawing."""
    settings.LANGUAGE_CODE = "de"
    settings.USE_THOUSAND_SEPARATOR = True
    from django.utils import translation

    with translation.override("de"):
        for text in (
            '{% gauge 0.5 0.41 0.62 0.55 "at_least" "share" %}',
            '{% meter 1 3 "x" %}',
            '{% chart_bars i "x" %}',
        ):
            html = show(text, i=[("a", 1.5, 1.2, 1.9)])
            assert not re.search(r'(?:x|cx|width|d)="[^"]*\d,\d', html), html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Waived until 2027-01-24: later.", "Waived until 24 Jan 2027: later."),
        ("(2026-11-05)", "(5 Nov 2026)"),
        ("The dataset scans@2026-06-01 and v2026-01-24", "The dataset scans@2026-06-01 and v2026-01-24"),
        ("On 2026-02-31 nothing happened", "On 2026-02-31 nothing happened"),
        ("at 2026-01-24T10:00", "at 2026-01-24T10:00"),
    ],
)
def test_days_in_a_sentence_are_written_out(text: str, said: str) -> None:
    assert show("{{ t|dated }}", t=text) == said
    assert show("{{ t|dated }}", t="<b> 2026-11-05") == "&lt;b&gt; 5 Nov 2026"


def test_help_is_there_for_steps_and_for_the_work_around_them() -> None:
    step = words(show('{% step_help "1.2" %}'))
    assert step.startswith("1.2 Find out whether ML is the right way")
    assert "usually takes" in step
    for work in AROUND:
        around = words(show("{% step_help w %}", w=work.key))
        assert around.startswith(work.title)
        assert work.part in around.replace("&#x27;", "'")
        assert "usually takes" not in around
    assert words(show('{% step_help kind="meeting_plan" %}')) == ""
