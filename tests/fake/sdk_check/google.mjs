// Google's SDK talks to the fake provider's Gemini; each block below is one TAP test.
import assert from "node:assert/strict";
import { run, sdk } from "./tap.mjs";

const { ApiError, GoogleGenAI } = await sdk("@google/genai");

const at = (key) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: process.env.FAKE_GEMINI } }).models;
const models = at("test-key");
const model = "gemini-3.8-flash";
const config = {
  systemInstruction: "S", maxOutputTokens: 1000, thinkingConfig: { includeThoughts: true },
  tools: [{ functionDeclarations: [{ name: "read_file", description: "Read a file.",
    parametersJsonSchema: { type: "object", properties: { path: { type: "string" } } } }] }],
};
const contents = [{ role: "user", parts: [{ text: "hi" }] }];

async function all(contents) {
  const chunks = [];
  for await (const c of await models.generateContentStream({ model, config, contents })) chunks.push(c);
  return chunks;
}
const parts = (chunks) => chunks.flatMap((c) => c.candidates[0].content.parts);
const text = (chunks) => parts(chunks).filter((p) => !p.thought).map((p) => p.text ?? "").join("");
const answers = (calls) => calls.map((p) => ({ functionResponse: { id: p.functionCall.id, name: p.functionCall.name, response: { output: "int main;" } } }));

await run({
  "a stream with thoughts, text and calls": async () => {
    const chunks = await all(contents);
    const found = parts(chunks);
    assert.equal(found.filter((p) => p.thought).map((p) => p.text).join(""), "Look first.");
    assert.equal(text(chunks), "Grüße 😀");
    const calls = found.filter((p) => p.functionCall);
    assert.deepEqual(calls.map((p) => p.functionCall.args), [{ path: "m.c" }, {}]);
    assert.ok(calls[0].thoughtSignature && !calls[1].thoughtSignature);
    assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
    assert.equal(chunks.at(-1).usageMetadata.cachedContentTokenCount, 8120);
    assert.equal(chunks.at(-1).usageMetadata.thoughtsTokenCount, 40);
    contents.push({ role: "model", parts: [{ text: "Grüße 😀" }, ...calls] });
  },
  "a call without its signature is refused": async () => {
    const bad = structuredClone(contents);
    delete bad[1].parts[1].thoughtSignature;
    await assert.rejects(all([...bad, { role: "user", parts: answers(contents[1].parts.slice(1)) }]),
      (e) => e instanceof ApiError && e.status === 400 && /thought_signature/.test(e.message));
  },
  "a missing response is refused": async () => {
    await assert.rejects(all([...contents, { role: "user", parts: answers(contents[1].parts.slice(1, 2)) }]), /function response parts/);
  },
  "responses and the signature are accepted": async () => {
    assert.equal(text(await all([...contents, { role: "user", parts: answers(contents[1].parts.slice(1)) }])), "Done.");
  },
  "a reply without stream": async () => {
    const r = await models.generateContent({ model, config, contents: "whole" });
    assert.equal(r.candidates[0].content.parts.map((p) => p.text ?? "").join(""), "One piece.");
    assert.deepEqual(r.functionCalls[0].args, { path: "m.c" });
  },
  "503 is an error with its status": async () => {
    await assert.rejects(all("busy"), (e) => e instanceof ApiError && e.status === 503);
  },
  "an error in the stream": async () => {
    await assert.rejects(all("in the stream"), (e) => e instanceof ApiError && /UNAVAILABLE/.test(e.message));
  },
  "a stream that comes byte by byte": async () => {
    assert.equal(text(await all("odd bytes")), "Grüße 😀");
  },
  "cut at the limit": async () => {
    assert.equal((await all("too long")).at(-1).candidates[0].finishReason, "MAX_TOKENS");
  },
  "an unknown parameter is refused": async () => {
    await assert.rejects(models.generateContent({ model, config: { ...config, topK: 3 }, contents: "x" }), /topK/);
  },
  "a wrong key is refused": async () => {
    await assert.rejects(at("other").generateContent({ model, config, contents: "x" }), (e) => e instanceof ApiError && e.status === 401);
  },
});
