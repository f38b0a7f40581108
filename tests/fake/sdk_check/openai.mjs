// OpenAI's SDK talks to the fake provider's Responses and Chat Completions; each block below is one TAP test.
import assert from "node:assert/strict";
import { run, sdk } from "./tap.mjs";

const { default: OpenAI } = await sdk("openai");

const at = (url, key = "test-key") => new OpenAI({ apiKey: key, baseURL: url + "/v1", maxRetries: 2 });
const model = "gpt-6.2-sol";
const parameters = { type: "object", properties: { path: { type: "string" } } };

// --- Responses: nothing is stored, so reasoning travels sealed and must come back as it was ---
const responses = at(process.env.FAKE_RESPONSES).responses;
const base = {
  model, store: false, include: ["reasoning.encrypted_content"], max_output_tokens: 1000, instructions: "S",
  reasoning: { effort: "high", summary: "auto" },
  tools: [{ type: "function", name: "read_file", description: "Read a file.", parameters, strict: false }],
};
const user = (text) => ({ role: "user", content: [{ type: "input_text", text }] });
const input = [user("hi")];
const outputs = (items) => items.filter((o) => o.type === "function_call")
  .map((o) => ({ type: "function_call_output", call_id: o.call_id, output: "int main;" }));

// --- Chat Completions ---
const chat = at(process.env.FAKE_CHAT).chat.completions;
const plain = {
  model, max_tokens: 1000, stream_options: { include_usage: true },
  tools: [{ type: "function", function: { name: "read_file", description: "Read a file.", parameters } }],
};
const messages = [{ role: "system", content: "S" }, { role: "user", content: "hi" }];
const say = (content) => [{ role: "system", content: "S" }, { role: "user", content }];
const { stream_options: _, ...unstreamed } = plain;

await run({
  "responses: a stream with reasoning, text and calls": async () => {
    const stream = responses.stream({ ...base, input });
    let text = "";
    stream.on("response.output_text.delta", (e) => { text += e.delta; });
    const r = await stream.finalResponse();
    assert.equal(text, "Grüße 😀");
    assert.equal(r.output_text, "Grüße 😀");
    assert.deepEqual(r.output.map((o) => o.type), ["reasoning", "message", "function_call", "function_call"]);
    assert.deepEqual(r.output.slice(2).map((o) => JSON.parse(o.arguments)), [{ path: "m.c" }, {}]);
    assert.equal(r.usage.input_tokens_details.cached_tokens, 8120);
    assert.equal(r.usage.output_tokens_details.reasoning_tokens, 40);
    for (const o of r.output) {
      const { parsed_arguments: _p, ...item } = o;
      if (item.content) item.content = item.content.map(({ parsed: _q, ...part }) => part);
      input.push(item);
    }
  },
  "responses: sealed reasoning that was changed is refused": async () => {
    const bad = structuredClone(input);
    bad[1].encrypted_content += "x";
    await assert.rejects(responses.create({ ...base, input: [...bad, ...outputs(input)] }),
      (e) => e instanceof OpenAI.BadRequestError && /could not be verified/.test(e.message));
  },
  "responses: a missing output is refused": async () => {
    await assert.rejects(responses.create({ ...base, input: [...input, outputs(input)[0]] }), /No tool output found/);
  },
  "responses: outputs and replayed reasoning are accepted": async () => {
    const r = await responses.stream({ ...base, input: [...input, ...outputs(input)] }).finalResponse();
    assert.equal(r.output_text, "Done.");
    assert.equal(r.status, "completed");
  },
  "responses: a reply without stream": async () => {
    const r = await responses.create({ ...base, input: [user("whole")] });
    assert.equal(r.output_text, "One piece.");
  },
  "responses: 503 is tried again by the SDK": async () => {
    const r = await responses.stream({ ...base, input: [user("busy")] }).finalResponse();
    assert.equal(r.output_text, "Back again.");
  },
  "responses: a failure in the stream": async () => {
    const seen = [];
    for await (const e of await responses.create({ ...base, input: [user("in the stream")], stream: true })) seen.push(e);
    assert.equal(seen.at(-1).type, "response.failed");
    assert.equal(seen.at(-1).response.error.code, "server_error");
  },
  "responses: a stream that comes byte by byte": async () => {
    const r = await responses.stream({ ...base, input: [user("odd bytes")] }).finalResponse();
    assert.equal(r.output_text, "Grüße 😀");
  },
  "responses: cut at the limit": async () => {
    const seen = [];
    for await (const e of await responses.create({ ...base, input: [user("too long")], stream: true })) seen.push(e);
    assert.equal(seen.at(-1).type, "response.incomplete");
    assert.equal(seen.at(-1).response.incomplete_details.reason, "max_output_tokens");
  },
  "responses: an unknown parameter is refused": async () => {
    await assert.rejects(responses.create({ ...base, input: [user("x")], temperature: 0.5 }), /temperature/);
  },
  "responses: a wrong key is refused": async () => {
    await assert.rejects(at(process.env.FAKE_RESPONSES, "other").responses.create({ ...base, input: [user("x")] }),
      (e) => e instanceof OpenAI.AuthenticationError);
  },
  "chat: a stream with text and calls": async () => {
    const stream = chat.stream({ ...plain, messages });
    let text = "";
    stream.on("content", (t) => { text += t; });
    const c = await stream.finalChatCompletion();
    const m = c.choices[0].message;
    assert.equal(text, "Grüße 😀");
    assert.deepEqual(m.tool_calls.map((t) => JSON.parse(t.function.arguments)), [{ path: "m.c" }, {}]);
    assert.equal(c.choices[0].finish_reason, "tool_calls");
    assert.equal(c.usage.prompt_tokens_details.cached_tokens, 8120);
    messages.push({ role: "assistant", content: m.content,
      tool_calls: m.tool_calls.map((t) => ({ id: t.id, type: t.type, function: { name: t.function.name, arguments: t.function.arguments } })) });
  },
  "chat: a missing answer is refused": async () => {
    const tool = { role: "tool", tool_call_id: messages[2].tool_calls[0].id, content: "x" };
    await assert.rejects(chat.create({ ...unstreamed, messages: [...messages, tool] }),
      (e) => e instanceof OpenAI.BadRequestError && /without an answer/.test(e.message));
  },
  "chat: answers are accepted": async () => {
    const tools = messages[2].tool_calls.map((t) => ({ role: "tool", tool_call_id: t.id, content: "int main;" }));
    const c = await chat.stream({ ...plain, messages: [...messages, ...tools] }).finalChatCompletion();
    assert.equal(c.choices[0].message.content, "Done.");
    assert.equal(c.choices[0].finish_reason, "stop");
  },
  "chat: a reply without stream": async () => {
    const c = await chat.create({ ...unstreamed, messages: say("whole") });
    assert.equal(c.choices[0].message.content, "One piece.");
    const d = await chat.create({ ...unstreamed, messages: say("call at once") });
    assert.equal(d.choices[0].message.content, null);
    assert.equal(d.choices[0].message.tool_calls[0].function.name, "read_file");
  },
  "chat: 503 is tried again by the SDK": async () => {
    const c = await chat.stream({ ...plain, messages: say("busy") }).finalChatCompletion();
    assert.equal(c.choices[0].message.content, "Back again.");
  },
  "chat: a stream that comes byte by byte": async () => {
    const c = await chat.stream({ ...plain, messages: say("odd bytes") }).finalChatCompletion();
    assert.equal(c.choices[0].message.content, "Grüße 😀");
  },
  "chat: a refusal has its reason": async () => {
    const seen = [];
    for await (const c of await chat.create({ ...plain, messages: say("refuse"), stream: true })) seen.push(c);
    assert.ok(seen.some((c) => c.choices[0]?.finish_reason === "content_filter"));
  },
  "chat: a wrong key is refused": async () => {
    await assert.rejects(at(process.env.FAKE_CHAT, "other").chat.completions.create({ ...unstreamed, messages: say("x") }),
      (e) => e instanceof OpenAI.AuthenticationError);
  },
});
