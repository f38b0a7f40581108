"""nats_js.py - starts the server and the worker for nats_js, and compares what its client got with HTTP's answers."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), HERE]
from servers import Nats, tidy_up  # noqa: E402
from service import Service, tidy, until  # noqa: E402
from support import SECONDS, expect, main  # noqa: E402

CALLS = [("execute_code", "/v1/execute", {"language": "python", "code": "print(6 * 7)"}),
         ("execute_code", "/v1/execute", {"language": "javascript", "code": "console.log(6 * 7)"}),
         ("validate_code", "/v1/validate", {"language": "python", "code": "import os; os.system(\"ls\")"}),
         ("execute_code", "/v1/execute", {"language": "bash", "code": "echo $GREETING", "environment_vars": {"GREETING": "hello"}}),
         ("get_execution_history", "/v1/history?limit=10", {"limit": 10}), ("list_languages", "/v1/languages", {})]
OWN = ("execution_time_ms", "cpu_time_ms", "memory_used_mb", "execution_id", "correlation_id", "traceparent")


def the_six_calls(w):
    nats = Nats()
    s = Service(w, "--nats", nats.url)
    until(lambda: s.ask("GET", "/readyz")[1]["connections"]["nats"]["state"] == "connected", "it does not connect")
    tasks = [{"task_id": str(i), "task_type": kind, "payload": payload} for i, (kind, _, payload) in enumerate(CALLS)]
    r = subprocess.run(["node", os.path.join(HERE, "nats_js.cjs"), nats.url, json.dumps(tasks)], env=dict(w.env, NATS_ROOT=os.environ["NATS_ROOT"]),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=4 * SECONDS, check=False, encoding="utf-8")
    expect(r.returncode == 0, r)
    answers = json.loads(r.stdout)
    expect([a["task_id"] for a in answers] == [str(i) for i in range(len(CALLS))], answers)
    expect(all(a["status"] == "success" for a in answers), answers)
    # The history is asked for before HTTP runs anything.
    expect(answers[4]["result"] == s.ask("GET", CALLS[4][1])[1], answers[4])
    for (kind, path, payload), a in zip(CALLS, answers):
        if kind == "get_execution_history":
            continue
        b = s.ask("GET", path)[1] if kind == "list_languages" else s.ask("POST", path, payload)[1]
        for x in (a["result"], b):
            for key in OWN:
                x.pop(key, None)
        expect(a["result"] == b, (a, b))
    expect(answers[0]["result"]["stdout"] == "42\n" and answers[3]["result"]["stdout"] == "hello\n", answers)
    s.end()


def clean(case):
    def run(w):
        try:
            case(w)
        finally:
            tidy_up()
    run.__name__ = os.environ["NATS_NAME"]
    return run


main([clean(tidy(the_six_calls))])
