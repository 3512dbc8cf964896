"use strict";

const path = require("node:path");
const express = require("express");

/** The application, with an empty book. */
function createApp() {
  const entries = [];
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json());
  app.use("/static", express.static(path.join(__dirname, "..", "static")));

  app.get("/healthz", (request, response) => {
    response.json({ status: "ok", node: process.version });
  });

  app.get("/entries", (request, response) => {
    response.json(entries);
  });

  app.post("/entries", (request, response) => {
    const text = String(request.body?.text ?? "").trim();
    if (!text) {
      response.status(400).json({ error: "text is missing" });
      return;
    }
    entries.push(text);
    response.status(201).json({ count: entries.length });
  });

  return app;
}

module.exports = { createApp };
