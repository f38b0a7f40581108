// The vendor's SDK talks to the fake provider; each block below is one TAP test.
import assert from "node:assert/strict";
import { run, sdk } from "./tap.mjs";

const { default: Anthropic } = await sdk("@anthropic-ai/sdk");
const client = new Anthropic({ apiKey: "test-key", baseURL: process.env.FAKE_ANTHROPIC, maxRetries: 2 });
const model = "claude-opus-5-5";
const tools = [{ name: "read_file", description: "Read a file.", input_schema: { type: "object", properties: { path: { type: "string" } } } }];
const mark = { type: "ephemeral" };
const base = { model, max_tokens: 1000, thinking: { type: "adaptive" }, tools, system: [{ type: "text", text: "S", cache_control: mark }] };
const say = (text, more = {}) => ({ ...base, messages: [{ role: "user", content: text }], ...more });
const messages = [{ role: "user", content: [{ type: "text", text: "hi" }] }];

const tests = {
  "a stream with thinking, text and calls": async () => {
    const stream = client.messages.stream({ ...base, messages });
    let text = "";
    stream.on("text", (t) => { text += t; });
    const m = await stream.finalMessage();
    assert.equal(text, "Grüße 😀");
    assert.deepEqual(m.content.map((b) => b.type), ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"]);
    assert.deepEqual(m.content[3].input, { path: "m.c" });
    assert.deepEqual(m.content[4].input, {});
    assert.equal(m.stop_reason, "tool_use");
    assert.equal(m.usage.cache_read_input_tokens, 8120);
    assert.equal(m.usage.output_tokens, 96);
    messages.push({ role: "assistant", content: m.content });
  },
  "a changed signature is refused": async () => {
    const content = structuredClone(messages[1].content);
    content[0].signature = "x" + content[0].signature.slice(1);
    const results = content.filter((b) => b.type === "tool_use").map((b) => ({ type: "tool_result", tool_use_id: b.id, content: "x" }));
    await assert.rejects(client.messages.create({ ...base, messages: [messages[0], { role: "assistant", content }, { role: "user", content: results }] }),
      (e) => e instanceof Anthropic.BadRequestError && /Invalid `signature`/.test(e.message));
  },
  "a missing result is refused": async () => {
    const results = [{ type: "tool_result", tool_use_id: messages[1].content[3].id, content: "x" }];
    await assert.rejects(client.messages.create({ ...base, messages: [...messages, { role: "user", content: results }] }),
      (e) => e instanceof Anthropic.BadRequestError && /without `tool_result` blocks/.test(e.message));
  },
  "results and replayed thinking are accepted": async () => {
    const results = messages[1].content.filter((b) => b.type === "tool_use")
      .map((b) => ({ type: "tool_result", tool_use_id: b.id, content: "int main;" }));
    messages.push({ role: "user", content: results });
    const m = await client.messages.stream({ ...base, messages }).finalMessage();
    assert.equal(m.content[1].text, "Done.");
    assert.equal(m.stop_reason, "end_turn");
  },
  "a reply without stream": async () => {
    const m = await client.messages.create(say("whole"));
    assert.equal(m.content[0].text, "One piece.");
  },
  "529 is tried again by the SDK": async () => {
    const m = await client.messages.stream(say("busy")).finalMessage();
    assert.equal(m.content[0].text, "Back again.");
  },
  "401 is an authentication error with a request id": async () => {
    await assert.rejects(client.messages.create(say("unknown key")),
      (e) => e instanceof Anthropic.AuthenticationError && /invalid x-api-key/.test(e.message) && Boolean(e.requestID));
  },
  "a wrong key is refused": async () => {
    const other = new Anthropic({ apiKey: "other", baseURL: process.env.FAKE_ANTHROPIC });
    await assert.rejects(other.messages.create(say("x")), (e) => e instanceof Anthropic.AuthenticationError);
  },
  "an error event ends the stream": async () => {
    await assert.rejects(client.messages.stream(say("in the stream")).finalMessage(), /Overloaded|overloaded/);
  },
  "a stream that comes byte by byte": async () => {
    const m = await client.messages.stream(say("odd bytes")).finalMessage();
    assert.equal(m.content[0].text, "Grüße 😀");
  },
  "a refusal with its details": async () => {
    const m = await client.messages.stream(say("refuse")).finalMessage();
    assert.equal(m.stop_reason, "refusal");
    assert.equal(m.stop_details.category, "cyber");
  },
  "sampling parameters are refused": async () => {
    await assert.rejects(client.messages.create(say("x", { temperature: 0.5 })), /temperature: Extra inputs/);
  },
  "an unknown model is not found": async () => {
    await assert.rejects(client.messages.create(say("x", { model: "gpt-none" })), (e) => e instanceof Anthropic.NotFoundError);
  },
};

await run(tests);
