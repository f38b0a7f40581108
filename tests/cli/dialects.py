#!/usr/bin/env python3
"""dialects - the same task on every wire format and every server's way with it: read and run side by side, edit, check,
finish, over a provider that refuses what the real one refuses and what would break its prompt cache."""
import json
import os

from provider import CHECK, DONE, EDIT, READ, Provider
from support import expect, main

MODELS = {
    "responses": ("openai/gpt-6.2-sol", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "gemini": ("gemini/gemini-3.8-flash", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
    "openrouter": ("openrouter/anthropic/claude-sonnet-4.5", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"),
    "mistral": ("mistral/devstral-latest", "MISTRAL_API_KEY", "MISTRAL_BASE_URL"),
    "deepseek": ("deepseek/deepseek-v4-pro", "DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL"),
    "groq": ("groq/openai/gpt-oss-120b", "GROQ_API_KEY", "GROQ_BASE_URL"),
    "azure": ("azure/my-deployment", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
    "ollama": ("ollama/qwen3-coder", None, "OLLAMA_HOST"),
    "llamacpp": ("llamacpp/qwen3-coder", None, "LLAMACPP_BASE_URL"),
    "lmstudio": ("lmstudio/qwen3-coder", None, "LMSTUDIO_BASE_URL"),
    "vllm": ("vllm/qwen3-coder", None, "VLLM_BASE_URL"),
}


def env_of(dialect, p):
    model, key, base = MODELS[dialect]
    env = {base: p.url, "EMEND_MODEL": model}
    if key:
        env[key] = "test-key"
    return env


def task(w, dialect, fault=None):
    """One task of four turns; with a fault in the third turn's first try."""
    w.repository()
    turns = [READ, EDIT, CHECK, DONE]
    if fault:
        turns.insert(2, dict(CHECK, fault=fault))
    with Provider(w, *turns, dialect=dialect) as p:
        r = w.run("do", "--yes", "--json", "make check.sh succeed", **env_of(dialect, p))
        refused = [json.loads(line).get("refused") for line in open(p.log, encoding="utf-8")]
        expect(r.status == 0 and not any(refused), (dialect, fault, refused, r))
        expect("return a + b" in w.read("calc.py"), (dialect, r))
        tools = [e["tool"] for e in r.of("tool.started")]
        expect(tools == ["read_file", "run_command", "edit_file", "run_command"], (dialect, tools, r))
        expect(any("good" in e["text"] for e in r.of("tool.output")), (dialect, r))
        usage = r.of("usage")[-1]
        expect(usage["input"] > 0 and usage["output"] > 0, (dialect, usage))
        return r


def each(name):
    def case(w):
        task(w, name)
    case.__name__ = "a_task_on_" + name
    return case


def faults_of(name):
    def case(w):
        for fault in ({"kind": "cut", "after": 1}, {"kind": "eof", "after": 1}, {"kind": "status", "status": 503},
                      {"kind": "stream_error", "after": 1}, "bytes", "ascii", "json"):
            with type(w)() as other:
                again = fault not in ("bytes", "ascii", "json")
                if again:
                    task(other, name, fault)
                    continue
                other.repository()
                with Provider(other, READ, dict(EDIT, fault=fault), DONE, dialect=name) as p:
                    r = other.run("do", "--yes", "--json", "x", **env_of(name, p))
                    expect(r.status == 0 and "return a + b" in other.read("calc.py"), (name, fault, r))
    case.__name__ = "faults_on_" + name
    return case


def money_is_counted_on_each(w):
    w.repository()
    for dialect, usd in (("responses", 2 * 0.9 + 0.1 * 0.1 + 10 * 0.01), ("gemini", 0.75 * 0.9 + 0.075 * 0.1 + 3.75 * 0.01),
                         ("deepseek", 1.32 * 0.9 + 0.044 * 0.1 + 3.96 * 0.01)):
        with Provider(w, dict(DONE, usage={"input": 90000, "cache_read": 10000, "output": 1000}), dialect=dialect) as p:
            r = w.run("do", "--yes", "--json", "x", **env_of(dialect, p))
            expect(r.status == 0 and abs(r.events()[-1]["usd"] - usd / 10) < 1e-9, (dialect, usd, r))
    with Provider(w, DONE, dialect="ollama") as p:  # what runs here costs nothing, and may be limited in dollars
        r = w.run("do", "--yes", "--json", "--max-usd", "0.01", "x", **env_of("ollama", p))
        expect(r.status == 0 and r.events()[-1]["usd"] == 0 and not r.of("usage")[-1]["unpriced"], r)


def a_local_server_is_found(w):
    w.repository()
    with Provider(w, DONE, dialect="ollama") as p:
        r = w.run("do", "--yes", "--json", "x", OLLAMA_HOST=p.url.replace("http://127.0.0.1", ""))
        expect(r.status == 0 and r.of("task.started")[0]["model"] == "ollama/qwen3-coder", r)


def the_first_key_chooses(w):
    w.repository()
    with Provider(w, DONE, dialect="gemini") as p:
        r = w.run("do", "--yes", "--json", "x", GEMINI_API_KEY="test-key", OPENROUTER_API_KEY="no", GOOGLE_GEMINI_BASE_URL=p.url)
        expect(r.status == 0 and r.of("task.started")[0]["model"].startswith("gemini/"), r)


def a_session_goes_on_with_another_model(w):
    """Thinking and its signatures go back to who made them; another gets the words alone."""
    w.repository()
    with Provider(w, READ, {"text": "So far.", "thinking": "Hm."}, dialect="responses") as p:
        r = w.run("do", "--yes", "--json", "look", **env_of("responses", p))
        session = r.of("task.started")[0]["session"]
    for dialect in ("gemini", "mistral", "ollama", "responses"):
        with Provider(w, DONE, dialect=dialect, strict=False) as p:
            r = w.run("sessions", "resume", session, "--yes", "--json", "go on", **env_of(dialect, p))
            expect(r.status == 0, (dialect, open(p.log, encoding="utf-8").read()[-600:], r))
    with Provider(w, DONE, strict=False) as p:
        r = w.run("sessions", "resume", session, "--yes", "--json", "go on", EMEND_MODEL="anthropic/claude-opus-5-5", **p.env())
        expect(r.status == 0, r)


def what_can_be_chosen(w):
    r = w.run("models", "--json", OPENAI_API_KEY="k")
    kinds = {e["type"] for e in r.events()}
    offers = {e["provider"]: e for e in r.of("provider")}
    expect(r.status == 0 and kinds == {"model", "provider", "choice"}, r)
    expect(r.of("model")[0]["model"] == "openai/gpt-6.2-sol", r)
    expect(offers["openai"]["ready"] and not offers["anthropic"]["ready"] and "ANTHROPIC_API_KEY" in offers["anthropic"]["state"], offers)
    expect("k" != offers["openai"]["state"] and len(r.of("choice")) > 30, r)
    w.config('{"providers": {"corp": {"base_url": "https://llm.corp.example", "dialect": "openai-chat", "key_env": "CORP"}}}')
    r = w.run("models", EMEND_MODEL="corp/big", CORP="k")
    expect(r.status == 0 and "ready" in r.out and "limited by tokens" in r.out and "corp" in r.out, r)


def a_plain_server_of_the_configuration(w):
    w.repository()
    with Provider(w, READ, EDIT, DONE, dialect="chat") as p:
        w.config(json.dumps({"providers": {"corp": {"base_url": p.url + "/v1/chat/completions", "dialect": "openai-chat",
                                                    "key_env": "CORP"}}}))
        r = w.run("do", "--yes", "--json", "--model", "corp/big", "x", CORP="test-key")
        expect(r.status == 0 and "return a + b" in w.read("calc.py") and r.of("usage")[-1]["unpriced"], r)
        expect(os.path.getsize(p.log), r)


def each_kind_of_work_has_its_model(w):
    w.repository()
    with Provider(w, DONE, DONE, dialect="responses", strict=False) as p:
        w.config('{"model": "anthropic/claude-opus-5-5", "models": {"explain": "openai/gpt-6.2-sol"}}')
        env = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": p.url}
        r = w.run("explain", "--json", "calc.py", **env)
        expect(r.status == 0 and r.of("task.started")[0]["model"] == "openai/gpt-6.2-sol", r)
        r = w.run("do", "--yes", "x", **env)
        expect(r.status == 7 and "anthropic/claude-opus-5-5" in r.err, r)
    w.config('{"models": {"exlpain": "openai/gpt-6.2-sol"}}')
    r = w.run("config", "check")
    expect(r.status == 2 and 'models.exlpain' in r.out + r.err and 'did you mean "explain"?' in r.out + r.err, r)


def levels_are_names_of_models(w):
    """A level stands wherever a model is named; one that nobody set is no model, and nothing is sent."""
    w.repository()
    levels = {"simple": "openai/gpt-6-luna", "medium": "simple", "complex": "anthropic/claude-opus-5-5", "explain": "medium"}
    with Provider(w, *[DONE] * 4, dialect="responses", strict=False) as p:
        env = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": p.url}
        w.config(json.dumps({"model": "complex", "models": levels}))
        for args, model in ((("explain", "--json", "calc.py"), "openai/gpt-6-luna"),
                            (("do", "--json", "--yes", "--model", "simple", "x"), "openai/gpt-6-luna")):
            r = w.run(*args, **env)
            expect(r.status == 0 and r.of("task.started")[0]["model"] == model, r)
        r = w.run("do", "--yes", "x", **env)
        expect(r.status == 7 and "anthropic/claude-opus-5-5" in r.err, r)
        r = w.run("models", "--json", EMEND_MODEL="simple", **env)
        expect(r.of("model")[0]["model"] == "openai/gpt-6-luna" and r.of("model")[0]["ok"], r)
        r = w.run("config", "check", EMEND_MODEL="simple", **env)
        expect(r.status == 0, r)
        w.config('{"models": {"medium": "complex", "complex": "medium"}}')
        for level in ("simple", "medium"):
            r = w.run("do", "--yes", "--model", level, "x", **env)
            expect(r.status == 7 and "No model is set for the level" in r.err and "PROVIDER/MODEL" in r.err, r)
        expect(len(p.requests()) == 2, p.requests())


BUSY = {"fault": {"kind": "status", "status": 529, "type": "overloaded_error", "message": "busy",
                  "headers": {"retry-after-ms": "5"}}}


def another_model_takes_over(w):
    """A server that fails in the middle of a task: the next model of the list gets all that was done so far."""
    w.repository()
    w.config('{"fallback": ["mistral/no-key", "openai/gpt-6.2-sol"], "retries": 1}')
    with Provider(w, READ, BUSY, BUSY) as first, Provider(
            w, EDIT, CHECK, DONE, dialect="responses", strict=False, name="second") as second:
        env = dict(first.env(), OPENAI_API_KEY="test-key", OPENAI_BASE_URL=second.url)
        r = w.run("do", "--yes", "--json", "make check.sh succeed", **env)
        expect(r.status == 0 and "return a + b" in w.read("calc.py"), r)
        expect(len(first.requests()) == 3 and len(second.requests()) == 3, r)
        text = json.dumps(second.bodies()[0])
        expect("return a - b" in text and "make check.sh succeed" in text and "Look first." not in text, text)
    notices = [e["text"] for e in r.of("notice")]
    expect(any("Going on with openai/gpt-6.2-sol" in n and "overloaded" in n for n in notices), notices)
    expect(any("mistral/no-key" in n and "MISTRAL_API_KEY" in n for n in notices), notices)
    session = r.of("task.started")[0]["session"]
    with open(w.log_path(session), encoding="utf-8") as f:
        expect([e["model"] for e in map(json.loads, f) if e["type"] == "model"] == ["openai/gpt-6.2-sol"], session)


def a_wrong_key_leads_to_no_other_model(w):
    w.repository()
    w.config('{"fallback": ["openai/gpt-6.2-sol"]}')
    with Provider(w, DONE) as first, Provider(w, DONE, dialect="responses", name="second") as second:
        r = w.run("do", "--yes", "x", OPENAI_API_KEY="test-key", OPENAI_BASE_URL=second.url, **first.env(key="wrong"))
        expect(r.status == 7 and "ANTHROPIC_API_KEY" in r.err and not os.path.getsize(second.log), r)


def after_five_failures_nothing_is_sent(w):
    """The circuit opens at the fifth failure in a row: neither the tries that are left nor another model of the same
    server are sent there."""
    w.repository()
    w.config('{"fallback": ["anthropic/claude-haiku-4-5"], "retries": 9}')
    with Provider(w, *[BUSY] * 12) as p:
        r = w.run("do", "--yes", "x", **p.env())
        expect(r.status == 7 and len(p.requests()) == 5, r)
        expect("failed 5 times in a row" in r.err and "overloaded" in r.err and "again in" in r.err, r)


def what_is_over_the_rate_waits(w):
    """The third request of a minute is not sent in it, and the person is told; the task's own time ends the wait."""
    w.repository()
    w.config('{"requestsPerMinute": 2}')
    with Provider(w, READ, EDIT, DONE) as p:
        r = w.run("do", "--yes", "--json", "--max-time", "4", "make check.sh succeed", **p.env())
        expect(r.status == 3 and len(p.requests()) == 2, r)
    expect(any("2 requests of this minute" in e["text"] for e in r.of("notice")), r)


if __name__ == "__main__":
    main([each(name) for name in MODELS] + [faults_of(name) for name in ("responses", "gemini", "mistral", "ollama")] +
         [money_is_counted_on_each, a_local_server_is_found, the_first_key_chooses, a_session_goes_on_with_another_model,
          what_can_be_chosen, a_plain_server_of_the_configuration, each_kind_of_work_has_its_model, levels_are_names_of_models,
          another_model_takes_over,
          a_wrong_key_leads_to_no_other_model, after_five_failures_nothing_is_sent, what_is_over_the_rate_waits])
