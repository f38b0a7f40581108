#!/usr/bin/env python3
"""plan - the mode plan: the model looks, its answer is the plan, and nothing is changed before the person accepts it."""
import json

from console import PROMPT, Terminal, answered
from support import DONE, EDIT, expect, main

ASKS = "? Work by this plan"
PLAN = {"text": "## Plan\n1. turn the sign in calc.py\n2. run check.sh"}
OTHER = {"text": "## Plan\n1. call abs() instead"}


def command(text):
    return {"calls": [{"name": "run_command", "input": {"command": text}}]}


def answer(w, answers, *turns, args=("do", "--mode", "plan")):
    return answered(w, args, answers, *turns, NO_COLOR="1")


def nothing_is_changed_before_a_yes(w):
    w.repository()
    refused = dict(EDIT, expect=["accepts the plan", "calc.py"])
    t = answer(w, ["y", "y"],
               {"expect": ["First a plan", "plan: nothing is changed before"],
                "calls": command("sh check.sh; sed -i 's/a - b/a + b/' calc.py && sh check.sh; rm check.sh")["calls"]},
               dict(refused, expect=["good", "Nothing is changed before the user accepts the plan", "check.sh"]),
               dict(PLAN, expect=["stays as it is. End your answer with the plan"]),
               dict(EDIT, expect=["The user accepts the plan", "ask: commands run at once"]), DONE)
    expect(t.status == 0 and w.exists("check.sh") and "a + b" in w.read("calc.py"), t)
    before, after = t.text.split(ASKS)
    expect("? Edit a file" in after and "? Edit" not in before, t)
    expect(t.text.count("turn the sign in calc.py") == 1, t)  # it was on the screen already
    expect("After a yes each change is asked for" in after and "[a] always: edits in this task" in after, t)


def a_yes_to_all_edits(w):
    w.repository()
    t = answer(w, ["a"], PLAN, dict(EDIT, expect=["edit: edits and what commands change are made"]), DONE)
    expect(t.status == 0 and "a + b" in w.read("calc.py"), t)


def a_no_with_a_reason_makes_another_plan(w):
    w.repository()
    t = answer(w, ["n no signs, please", "n"], PLAN,
               dict(OTHER, expect=["does not accept the plan", "no signs, please", "the whole plan"]), EDIT)
    expect(t.status == 0 and t.text.count(ASKS) == 2 and "a - b" in w.read("calc.py"), t)
    expect("done: 0 files changed" in t.text and "Edit calc.py" not in t.text, t)


def the_project_wants_each_change_asked_for(w):
    w.repository()
    w.write(".emend/config.json", '{"mode": "ask"}')
    t = answer(w, ["y", "n"], PLAN, EDIT, DONE)
    asked = t.text.split(ASKS)[1].split(PROMPT)[0]
    expect("[a] always" not in asked and "a - b" in w.read("calc.py"), t)


def without_a_person_the_plan_is_the_result(w):
    w.repository()
    r = w.run("do", "--json", "--mode", "plan", "--model", w.script(command("sh check.sh; touch made"), PLAN, EDIT), "x")
    expect(r.status == 0 and not w.exists("made") and "a - b" in w.read("calc.py"), r)
    expect(r.of("task.started")[0]["mode"] == "plan" and r.events()[-1]["summary"] == PLAN["text"], r)
    expect([e["subject"] for e in r.of("permission.requested")] == ["the plan"], r)
    decided = [e for e in r.of("permission.decided") if e["subject"] == "the plan"]
    expect(decided[0]["decision"] == "deny" and decided[0]["rule"] == "mode: plan", r)
    told = [e["text"] for e in r.of("notice") if "nobody could accept the plan" in e["text"]]
    expect(told and "emend chat --resume " + r.events()[0]["session"] in told[0], r)


def a_report_is_no_plan(w):
    w.repository()
    r = w.run("explain", "--json", "--mode", "plan", "--model", w.script({"text": "It subtracts."}), "calc.py")
    expect(r.status == 0 and not r.of("permission.requested"), r)


def a_chat_goes_on_in_the_mode_of_the_answer(w):
    w.repository()
    t = Terminal(w, "chat", "--model", w.script(PLAN, EDIT, {"text": "Mended."},
                                                dict(command("touch made"), expect=["Mode: ask"]), {"text": "Made."}),
                 size=(60, 120))
    t.wait_for("mode ask")
    t.type("/plan mend it\r")
    for i in (1, 2):
        t.wait_for(PROMPT, times=i)
        t.type("y\n")
    t.wait_for("Mended.")
    expect(t.text.count(ASKS) == 1, t)
    t.type("now a file\r")
    t.wait_for("? Keep what a command changed")
    t.wait_for(PROMPT, times=3)
    t.type("y\n")
    t.wait_for("Made.")
    t.type("\x04")
    t.end()
    expect("a + b" in w.read("calc.py") and w.exists("made"), t)


def it_is_in_the_log(w):
    w.repository()
    t = answer(w, ["n too much", "y", "n"], PLAN, OTHER, EDIT, DONE)
    session = t.text.split("Session ")[1].split(".")[0].split()[0]
    with open(w.log_path(session), encoding="utf-8") as f:
        said = [json.loads(line) for line in f]
    plans = [e for e in said if e["type"] == "permission" and e["rule"] == "mode: plan"]
    expect([(e["decision"], e.get("why", "")) for e in plans] == [("deny", "you said no: too much"), ("allow", "")], plans)
    expect([e["subject"] for e in plans] == [PLAN["text"], OTHER["text"]], plans)


main([nothing_is_changed_before_a_yes, a_yes_to_all_edits, a_no_with_a_reason_makes_another_plan,
      the_project_wants_each_change_asked_for, without_a_person_the_plan_is_the_result, a_report_is_no_plan,
      a_chat_goes_on_in_the_mode_of_the_answer, it_is_in_the_log])
