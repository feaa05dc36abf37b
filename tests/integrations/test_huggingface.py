"""The model card as Hugging Face's own package reads it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from sextant.lifecycle.card import card
from tests.lifecycle.test_card import known
from tests.peers import programs

READ = """
import json, sys
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index
found = ModelCard.load(sys.argv[1])
results = found.data.eval_results
json.dump({
    "name": found.data.model_name, "values": [r.metric_value for r in results], "tasks": [r.task_type for r in results],
    "args": [r.metric_args for r in results], "again": eval_results_to_model_index(found.data.model_name, results),
}, sys.stdout)
"""


def test_its_own_package_reads_the_results_and_writes_them_the_same(tmp_path: Path) -> None:
    text = card(known(), task="image-classification")
    file = tmp_path / "README.md"
    file.write_text(text, encoding="utf-8")
    python = programs("huggingface") / "python"
    said = subprocess.run(
        [str(python), "-c", READ, str(file)], capture_output=True, text=True, check=True, timeout=120
    )
    found = json.loads(said.stdout)
    assert (found["name"], found["values"], found["tasks"]) == ("reader", [0.96], ["image-classification"])
    assert found["args"][0]["method"] == "wilson" and found["args"][0]["n"] == 1000
    from ruamel.yaml import YAML

    front = YAML(typ="safe").load(text.split("---\n")[1])
    assert found["again"] == front["model-index"]
