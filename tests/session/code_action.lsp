# The list, its filters, and what each client may be sent (rules 7, 8, 15, 17, 18, 19, 20).
model: {"text":"unused"}
init vscode
open ${uri}/a.c "int a;\nint b;\n" 5
--> {"id":1,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"triggerKind":1}}}
<-- {"id":1,"result":[{"title":"Emend: Explain this code","kind":"emend.explain","tags":[1],"isPreferred":"!absent","disabled":"!absent","edit":"!absent","data":"!absent","command":{"title":"Emend: Explain this code","command":"emend.explain","arguments":[{"uri":"${uri}/a.c","range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"version":5}]}},{"title":"Emend: Refactor this code","kind":"refactor.rewrite","command":{"command":"emend.refactor"}},{"title":"Emend: Add tests for this","kind":"emend.addTests","command":{"command":"emend.addTests"}},{"title":"Emend: Document this code","kind":"refactor.rewrite","command":{"command":"emend.addDocs"}},{"title":"Emend: Review this code","kind":"emend.review","command":{"command":"emend.review"}}]}
# Kinds are prefixes of whole parts.
--> {"id":2,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"only":["refactor"]}}}
<-- {"id":2,"result":[{"kind":"refactor.rewrite"},{"kind":"refactor.rewrite"}]}
--> {"id":3,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"only":["emend","source.fixAll"]}}}
<-- {"id":3,"result":[{"kind":"emend.explain"},{"kind":"emend.addTests"},{"kind":"emend.review"}]}
--> {"id":4,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"only":["refact","emend.exp","source"]}}}
<-- {"id":4,"result":[]}
--> {"id":5,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"only":[]}}}
<-- {"id":5,"result":[]}
# Every move of the cursor asks (triggerKind 2): only quick fixes then, so that the bulb is not always on.
--> {"id":6,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[],"triggerKind":2}}}
<-- {"id":6,"result":[]}
--> {"id":7,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"triggerKind":2,"diagnostics":[{"range":{"start":{"line":1,"character":4},"end":{"line":1,"character":5}},"message":"unused variable \"b\"\nsecond line"},{"range":{"start":{"line":0,"character":4},"end":{"line":0,"character":5}},"severity":1,"message":"same"},{"range":{"start":{"line":1,"character":4},"end":{"line":1,"character":5}},"message":"same"},{"range":{"start":{"line":1,"character":4},"end":{"line":1,"character":5}},"message":"same"},{"range":{"start":{"line":1,"character":4},"end":{"line":1,"character":5}},"message":"  "}]}}}
<-- {"id":7,"result":[{"title":"Emend: Fix \"unused variable \"b\"\"","kind":"quickfix","command":{"command":"emend.fix","arguments":[{"range":{"start":{"line":1,"character":4},"end":{"line":1,"character":5}},"diagnostic":"2: unused variable \"b\"\nsecond line"}]}},{"title":"Emend: Fix \"same\""},{"title":"Emend: Fix \"same\" (line 2)"}]}
# Documents without a path are left alone; files that are not open are offered without a version.
open untitled:Untitled-1 "x"
--> {"id":8,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"untitled:Untitled-1"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}}
<-- {"id":8,"result":[]}
--> {"id":9,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/closed.c"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[],"only":["emend.review"]}}}
<-- {"id":9,"result":[{"command":{"arguments":[{"uri":"${uri}/closed.c","version":"!absent"}]}}]}
