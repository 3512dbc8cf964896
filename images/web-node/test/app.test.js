"use strict";

const assert = require("node:assert");
const test = require("node:test");
const request = require("supertest");
const { createApp } = require("../lib/app.js");

test("an entry is kept", async () => {
  const app = createApp();
  await request(app).post("/entries").send({ text: "Ada" }).expect(201);
  const answer = await request(app).get("/entries").expect(200);
  assert.deepStrictEqual(answer.body, ["Ada"]);
});

test("an empty entry is refused", async () => {
  await request(createApp()).post("/entries").send({ text: " " }).expect(400);
});

test("the shared style is served", async () => {
  const answer = await request(createApp()).get("/static/style.css").expect(200);
  assert.match(answer.text, /font-family/);
});
