"""A guideline as a labeling configuration and instructions of Label Studio, items as its tasks, answers as predictions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from xml.sax.saxutils import quoteattr

from sextant.data.guidelines import Guideline

#: The names of the controls: what is answered, and what is remarked beside it.
ANSWER, REMARK = "answer", "remark"
#: Under which name a task's data holds the key of its item, and under which Label Studio shows a model's answers.
ITEM, MODEL = "sextant_item", "pre-label"
#: Keys on the keyboard, in the order of the values.
_KEYS = "123456789qwertyuiopasdfghjkl"


def config(guideline: Guideline, kind: str, *, context: bool = False) -> str:
    """The labeling configuration for items of one kind (text, image, row or pair).

    A scale that runs 1, 2, 3 and so on becomes stars; every other list of values becomes choices, with their criteria as
    hints and keys of their own. `context` says that tasks have a text to show above the item.

    >>> from sextant.data.guidelines import LabelValue
    >>> spam = Guideline(values=(LabelValue(value="spam", criteria="It sells."), LabelValue(value="ham")))
    >>> print(config(spam, "text"))
    <View>
      <Text name="item" value="$text"/>
      <Choices name="answer" toName="item" choice="single" required="true">
        <Choice value="spam" hint="It sells." hotkey="1"/>
        <Choice value="ham" hotkey="2"/>
      </Choices>
      <TextArea name="remark" toName="item" placeholder="A remark, if there is one" maxSubmissions="1" required="false"/>
    </View>
    """
    shown, on = _shown(kind)
    lines = ["<View>", *(['  <Text name="context" value="$context"/>'] if context else []), *shown]
    lines += _control(guideline, on)
    if guideline.answer != "note":
        lines.append(
            f'  <TextArea name="{REMARK}" toName="{on}" placeholder="A remark, if there is one" maxSubmissions="1" '
            'required="false"/>'
        )
    return "\n".join([*lines, "</View>"])


def _shown(kind: str) -> tuple[list[str], str]:
    """What shows an item, and the name of it that the answer is to."""
    if kind == "pair":
        side = '<View style="flex:1;min-width:16em">'
        return [
            '  <View style="display:flex;flex-wrap:wrap;gap:1em">',
            f'    {side}<Header value="A"/><Text name="a" value="$a"/></View>',
            f'    {side}<Header value="B"/><Text name="b" value="$b"/></View>',
            "  </View>",
        ], "a"
    tag = {"image": "Image", "row": "Table"}.get(kind, "Text")
    return [f'  <{tag} name="item" value="${kind}"/>'], "item"


def stars(guideline: Guideline) -> bool:
    """Whether the values are a scale from 1 on, of ten steps at most, without words."""
    values = list(guideline.choices)
    return (
        guideline.answer == "rating"
        and values == [str(n) for n in range(1, len(values) + 1)]
        and len(values) <= 10
    )


def _control(guideline: Guideline, on: str) -> list[str]:
    about = f'name="{ANSWER}" toName="{on}"'
    if guideline.answer == "note":
        return [f'  <TextArea {about} maxSubmissions="1" required="true" rows="4"/>']
    if stars(guideline):
        return [f'  <Rating {about} maxRating="{len(guideline.choices)}" required="true"/>']
    spans, several = guideline.answer == "spans", guideline.answer == "choices"
    outer, inner = ("Labels", "Label") if spans else ("Choices", "Choice")
    more = (
        ""
        if spans
        else f' choice="{"multiple" if several else "single"}" required="{"false" if several else "true"}"'
    )
    criteria = {v.value.strip(): " ".join(v.criteria.split()) for v in guideline.values}
    lines = [f"  <{outer} {about}{more}>"]
    for place, value in enumerate(guideline.choices):
        hint = f" hint={quoteattr(criteria[value])}" if criteria[value] else ""
        key = f' hotkey="{_KEYS[place]}"' if place < len(_KEYS) else ""
        lines.append(f"    <{inner} value={quoteattr(value)}{hint}{key}/>")
    return [*lines, f"  </{outer}>"]


def instruction(guideline: Guideline) -> str:
    """What labelers read there before they begin, as HTML: the task, each value with its criteria and examples, hard cases."""
    parts = [f"<p>{_lines(guideline.task)}</p>"] if guideline.task else []
    if guideline.answer == "choices":
        parts.append("<p>Choose all that apply. If none does, submit without a choice.</p>")
    if guideline.answer == "spans":
        parts.append("<p>Mark every passage. If there is none, submit without one.</p>")
    for value in guideline.values:
        parts.append(f"<h4>{escape(value.value)}</h4>")
        parts += [f"<p>{_lines(value.criteria)}</p>"] if value.criteria else []
        if examples := [line.strip() for line in value.examples.splitlines() if line.strip()]:
            parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in examples) + "</ul>")
    if guideline.hard_cases:
        parts.append("<h4>Hard cases</h4><ul>")
        for case in guideline.hard_cases:
            why = f" {escape(case.why)}" if case.why else ""
            parts.append(f"<li>{_lines(case.case)} → <b>{escape(case.value)}</b>.{why}</li>")
        parts.append("</ul>")
    return "".join(parts)


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.strip().splitlines())


def project(
    guideline: Guideline, kind: str, *, context: bool, title: str, marker: str, labelers: int
) -> dict[str, Any]:
    """The fields of the project there. A title there has 3 to 50 characters; the marker finds the project again."""
    return {
        "title": (title if len(title) > 2 else f"{title} round")[:50],
        "description": f"Labels for Sextant, which brings them back by itself. Leave this here: [{marker}]",
        "label_config": config(guideline, kind, context=context),
        "expert_instruction": instruction(guideline),
        "show_instruction": True,
        "maximum_annotations": labelers,
        "show_collab_predictions": True,
        "enable_empty_annotation": guideline.answer in ("choices", "spans"),
    }  # fmt: skip


def task(item: Mapping[str, Any], guideline: Guideline, *, context: bool = False) -> dict[str, Any]:
    """An item as a task. Nothing in it tells a known item from another; a pre-label that is shown is a prediction.

    >>> spam = Guideline(answer="note")
    >>> task({"key": "m1", "content": {"kind": "text", "text": "Buy!"}}, spam)
    {'data': {'sextant_item': 'm1', 'text': 'Buy!'}}
    """
    content = item["content"]
    data: dict[str, Any] = {ITEM: item["key"]}
    if content["kind"] == "pair":
        data |= {"a": content["a"], "b": content["b"]}
    elif content["kind"] == "row":
        data["row"] = dict(content["cells"])
    elif content["kind"] == "image":
        data["image"] = content["picture"]
    else:
        data["text"] = content["text"]
    if context:
        data["context"] = content.get("context", "")
    made: dict[str, Any] = {"data": data}
    if item.get("prelabel"):
        made["predictions"] = [
            {
                "model_version": MODEL,
                "result": result(item["prelabel"], guideline, content["kind"], data.get("text", "")),
            }
        ]
    return made


def tasks(
    items: Iterable[Mapping[str, Any]], guideline: Guideline, *, context: bool = False
) -> list[dict[str, Any]]:
    """Items as tasks."""
    return [task(item, guideline, context=context) for item in items]


def annotated(
    item: Mapping[str, Any],
    answers: Iterable[Mapping[str, Any]],
    guideline: Guideline,
    *,
    context: bool = False,
) -> dict[str, Any]:
    """An item with what people answered, as a task of Label Studio's JSON format, which it takes in and other programs read.

    answers   rows of `answers` as a round gives them: `answer` (JSON, None for a skip), `labeler`, `seconds`, `at`

    Who labeled is under `labeler`, by number: `completed_by` would name an account of that server.

    >>> spam = Guideline(answer="note")
    >>> said = {"labeler": "labeler-1", "answer": '{"text": "No."}', "seconds": 2.0, "at": None}
    >>> made = annotated({"key": "m1", "content": {"kind": "text", "text": "Buy!"}}, [said], spam)
    >>> made["annotations"][0]["labeler"], made["annotations"][0]["result"][0]["value"]
    ('labeler-1', {'text': ['No.']})
    """
    made = task(item, guideline, context=context)
    text = made["data"].get("text", "")
    made["annotations"] = [
        {
            "result": result(json.loads(row["answer"]), guideline, item["content"]["kind"], text)
            if row["answer"]
            else [],
            "was_cancelled": row["answer"] is None,
            "lead_time": row["seconds"],
            "created_at": row["at"],
            "labeler": row["labeler"],
        }
        for row in answers
    ]
    return made


def result(
    answer: Mapping[str, Any], guideline: Guideline, kind: str, text: str = ""
) -> list[dict[str, Any]]:
    """An answer as Label Studio writes it.

    >>> result({"values": ["a", "b"]}, Guideline(answer="choices"), "text")[0]["value"]
    {'choices': ['a', 'b']}
    """
    about = {"from_name": ANSWER, "to_name": "a" if kind == "pair" else "item"}
    if "spans" in answer:
        # Places there count as JavaScript counts: some characters are two.
        at = _as_script(text)
        return [
            {**about, "type": "labels", "value": {"start": at(s["start"]), "end": at(s["end"]),
             "text": text[s["start"] : s["end"]], "labels": [s["label"]]}}
            for s in answer["spans"]
        ]  # fmt: skip
    if "text" in answer:
        return [{**about, "type": "textarea", "value": {"text": [answer["text"]]}}]
    values = list(answer["values"]) if "values" in answer else [answer["value"]]
    if stars(guideline):
        return [{**about, "type": "rating", "value": {"rating": int(values[0])}}]
    return [{**about, "type": "choices", "value": {"choices": values}}] if values else []


def _as_script(text: str) -> Any:
    return lambda place: len(text[:place].encode("utf-16-le")) // 2
