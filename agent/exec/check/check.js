// check.js - what a piece of JavaScript does that one may want to know before it runs, by acorn, the parser that is
// inside of node (--expose-internals). Runs in the sandbox as main.js; the code is the input. Prints one JSON object:
// {"findings": [{"rule", "line", "column", "message"}]}. Names are resolved: const { exec: e } = require("node:child_process"),
// and r = require, then r("fs"). It reads the code and never runs it.
"use strict";
const text = require("fs").readFileSync(0, "utf8");
const acorn = require("internal/deps/acorn/acorn/dist/acorn");
const walk = require("internal/deps/acorn/acorn-walk/dist/walk");

const LIMIT = 200;
const MODULES = {
	process : [
		"child_process", "cluster", "worker_threads", "repl", "shelljs", "execa",
		"cross-spawn", "zx", "node-pty"
	],
	network : [
		"net", "http", "https", "http2", "dgram", "dns", "dns/promises", "tls", "axios",
		"node-fetch", "undici", "request", "got", "ws", "socket.io-client", "ssh2",
		"puppeteer", "playwright", "nodemailer", "pg", "mysql2", "mongodb", "redis"
	],
	file : [ "fs", "fs/promises", "fs-extra", "sqlite", "rimraf", "glob" ],
	dynamic : [ "vm", "module", "vm2" ],
	native : [
		"v8", "inspector", "inspector/promises", "wasi", "ffi-napi", "diagnostics_channel",
		"async_hooks"
	],
	environment : [ "os" ],
};
const GLOBALS = {
	dynamic : [ "eval", "Function", "WebAssembly" ],
	network : [ "fetch", "XMLHttpRequest", "WebSocket", "EventSource",
		    "navigator.sendBeacon" ],
	native : [
		"process.binding", "process._linkedBinding", "process.dlopen", "process.mainModule",
		"module.constructor", "module._compile", "require.cache", "require.extensions",
		"require.main"
	],
	process : [ "process.kill", "process.abort", "process.setuid", "process.setgid",
		    "process.setgroups" ],
	file : [ "process.chdir", "process.report", "process.loadEnvFile" ],
	environment : [ "process.env" ],
};
const WORDS = {
	dynamic : "evaluates code at run time",
	process : "starts or controls processes",
	network : "uses the network",
	file : "uses the file system",
	native : "reaches below JavaScript",
	environment : "reads the environment"
};

const findings = [];
const seen = new Set();
const add = (rule, node, message) => {
	const { line, column } = node.loc.start;
	const key = rule + line + ":" + column;
	if (seen.has(key) || findings.length >= LIMIT)
		return;
	seen.add(key);
	findings.push({ rule, line, column : column + 1, message });
};

// What a name stands for: "require", "module:fs", "process", "process.env", ...; own names of the code hide the global ones.
const names =
	new Map([ [ "globalThis", "" ], [ "global", "" ], [ "window", "" ], [ "self", "" ] ].map(
		([ k, v ]) => [k, v]));
const own = new Set();

const constant = (node) => {
	if (!node)
		return undefined;
	if (node.type === "Literal" && typeof node.value === "string")
		return node.value;
	if (node.type === "TemplateLiteral" && node.expressions.length === 0)
		return node.quasis[0].value.cooked;
	if (node.type === "BinaryExpression" && node.operator === "+") {
		const left = constant(node.left), right = constant(node.right);
		return left !== undefined && right !== undefined ? left + right : undefined;
	}
	return undefined;
};
const moduleOf = (name) =>
	(typeof name === "string" ? "module:" + name.replace(/^node:/, "") : undefined);

// The name of an expression as far as it is known; undefined else. "" is the global object.
const full = (node) => {
	switch (node?.type) {
	case "Identifier":
		return names.has(node.name) ? names.get(node.name)
		       : own.has(node.name) ? undefined
					    : node.name;
	case "ChainExpression":
		return full(node.expression);
	case "ParenthesizedExpression":
		return full(node.expression);
	case "SequenceExpression":
		return full(node.expressions.at(-1)); // (0, eval)("1")
	case "AwaitExpression":
		return full(node.argument);
	case "ImportExpression":
		return moduleOf(constant(node.source));
	case "MemberExpression": {
		const base = full(node.object),
		      key = node.computed ? constant(node.property) : node.property.name;
		if (base === undefined || key === undefined)
			return undefined;
		return base === "" ? (names.get(key) ?? key) : base + "." + key;
	}
	case "CallExpression": {
		const what = full(node.callee), first = constant(node.arguments[0]);
		if (what === "require" || what === "module.require" ||
		    what === "process.mainModule.require" || what === "process.getBuiltinModule")
			return moduleOf(first);
		if (what === "Reflect.get" || what === "Object.getOwnPropertyDescriptor") {
			const base = full(node.arguments[0]), key = constant(node.arguments[1]);
			if (base === undefined || key === undefined)
				return undefined;
			return base === "" ? (names.get(key) ?? key) : base + "." + key;
		}
		if (what?.endsWith(".createRequire"))
			return "require";
		if (what?.endsWith(".bind"))
			return what.slice(0, -5);
		return undefined;
	}
	default:
		return undefined;
	}
};

const report = (node, name) => {
	if (name === undefined)
		return;
	const [, module] = name.match(/^module:([^.]*)/) ?? [];
	for (const [rule, list] of Object.entries(module !== undefined ? MODULES : GLOBALS))
		for (const n of list)
			if (module !== undefined ? module === n
						 : name === n || name.startsWith(n + "."))
				add(rule, node, `${name.replace("module:", "")} ${WORDS[rule]}`);
};

const bind = (pattern, name) => {
	if (pattern.type === "Identifier") {
		if (name !== undefined)
			names.set(pattern.name, name);
		else {
			names.delete(pattern.name);
			own.add(pattern.name);
		}
	} else if (pattern.type === "ObjectPattern") {
		for (const p of pattern.properties) {
			if (p.type === "RestElement")
				bind(p.argument, name);
			else {
				const key =
					p.computed ? constant(p.key) : p.key.name ?? p.key.value;
				if (key === "constructor")
					add("dynamic", p, "the constructor of a function evaluates code");
				const value = p.value.type === "AssignmentPattern" ? p.value.left
										   : p.value;
				bind(value, name === undefined || key === undefined ? undefined
					    : name === ""			    ? key
							  : name + "." + key);
			}
		}
	} else if (pattern.type === "AssignmentPattern")
		bind(pattern.left, undefined);
	else if (pattern.type === "ArrayPattern")
		pattern.elements.forEach((e) => e && bind(e, undefined));
};

// Where `require` stands as one expects it; anywhere else it goes where no name follows.
const expected = new Set();

const visit = {
	ExportNamedDeclaration(node) {
		report(node, node.source ? moduleOf(node.source.value) : undefined);
	},
	ExportAllDeclaration(node) {
		report(node, moduleOf(node.source.value));
	},
	UnaryExpression(node) {
		expected.add(node.argument);
	},
	ImportDeclaration(node) {
		const name = moduleOf(node.source.value);
		report(node, name);
		for (const s of node.specifiers)
			bind(s.local, s.type === "ImportSpecifier"
					      ? name + "." + (s.imported.name ?? s.imported.value)
					      : name);
	},
	ImportExpression(node) {
		const name = constant(node.source);
		if (name === undefined)
			add("dynamic", node, "import() of what is known only at run time");
		else if (/^(data|https?|blob):/.test(name))
			add("dynamic", node, "import() of code that is no file");
		else
			report(node, moduleOf(name));
	},
	VariableDeclarator(node) {
		expected.add(node.init);
		bind(node.id, node.init ? full(node.init) : undefined);
	},
	AssignmentExpression(node) {
		expected.add(node.right);
		if (node.operator === "=" && node.left.type.match(/^(Identifier|ObjectPattern)$/))
			bind(node.left, full(node.right));
	},
	Function(node) {
		if (node.id)
			bind(node.id, undefined);
		node.params.forEach((p) => bind(p, undefined));
	},
	Class(node) {
		if (node.id)
			bind(node.id, undefined);
	},
	CallExpression(node) {
		const what = full(node.callee), first = node.arguments[0];
		let callee = node.callee;
		while (/^(Sequence|Chain|Parenthesized)Expression$/.test(callee.type))
			callee = callee.expressions?.at(-1) ?? callee.expression;
		expected.add(callee);
		if (/^Object\.(values|entries|getOwnProperty(Names|Descriptors))$/.test(what ?? "") && full(first) === "")
			add("dynamic", node, "all global names at once");
		report(node, full(node));
		report(node, what);
		if (what === "require" && node.arguments.length && constant(first) === undefined)
			add("dynamic", node, "require() of what is known only at run time");
		if (/^(setTimeout|setInterval|setImmediate)$/.test(what ?? "") &&
		    constant(first) !== undefined)
			add("dynamic", node, `${what} with a text evaluates it`);
		if (node.callee.type === "MemberExpression" &&
		    (node.callee.computed ? constant(node.callee.property)
					  : node.callee.property.name) === "constructor")
			add("dynamic", node, "constructor() of a function evaluates code");
		if (/^(Reflect\.construct|Reflect\.apply)$/.test(what ?? ""))
			report(node, full(first));
	},
	NewExpression(node) {
		report(node, full(node.callee));
	},
	TaggedTemplateExpression(node) {
		report(node, full(node.tag));
	},
	MemberExpression(node) {
		const name = full(node), key = node.computed ? constant(node.property)
							       : node.property.name;
		expected.add(node.object);
		report(node, name);
		if (/^require\.(call|apply|bind)$/.test(name ?? ""))
			add("dynamic", node, "require() of what is known only at run time");
		if (name === undefined && node.computed && key === undefined &&
		    /^(process|module|require)$/.test(full(node.object) ?? ""))
			add("dynamic", node, "a member that is known only at run time");
		if (key === "constructor" && /^(Function|ArrowFunction|Class)Expression$/.test(node.object.type))
			add("dynamic", node, "the constructor of a function evaluates code");
		if (name === undefined && node.computed && full(node.object) === "" &&
		    node.property.type !== "Literal")
			add("dynamic", node, "a global name that is known only at run time");
		if ((node.computed ? constant(node.property) : node.property.name) ===
			    "constructor" &&
		    node.object.type === "MemberExpression" &&
		    (node.object.computed ? constant(node.object.property)
					  : node.object.property.name) === "constructor")
			add("dynamic", node, "constructor.constructor is Function");
	},
	Identifier(node) {
		const name = full(node);
		if (name !== undefined && name !== "")
			report(node, name);
		if (name === "require" && node.name === "require" && !expected.has(node))
			add("dynamic", node, "require() of what is known only at run time");
	},
};

const parse = (sourceType) => acorn.parse(text, {
	ecmaVersion : "latest",
	sourceType,
	locations : true,
	allowReturnOutsideFunction : sourceType === "script",
	allowHashBang : true
});
let tree, wrong;
try {
	tree = parse("script");
} catch (e) {
	wrong = e;
	try {
		tree = parse("module");
		wrong = undefined;
	} catch { /* the first complaint is the better one */
	}
}
if (wrong) {
	findings.push({
		rule : "syntax",
		line : wrong.loc?.line ?? 1,
		column : (wrong.loc?.column ?? 0) + 1,
		message : "syntax error: " + String(wrong.message).replace(/ \(\d+:\d+\)$/, "")
	});
} else {
	// In the order of the text, so that a name is bound before it is used.
	const nodes = [];
	walk.full(tree, (node, _, type) => nodes.push([ node, type ]));
	nodes.sort(([ a ], [ b ]) => a.start - b.start || b.end - a.end);
	for (const [node] of nodes) {
		if (/^(Function|Arrow)/.test(node.type))
			visit.Function(node);
		else if (/^Class(Decl|Expr)/.test(node.type))
			visit.Class(node);
		visit[node.type]?.(node);
	}
}
findings.sort((a, b) => a.line - b.line || a.column - b.column);
console.log(JSON.stringify({ findings }));
