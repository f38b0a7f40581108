# A code action that was added by one row and one prompt is announced, offered and run as the others are.
model: {"text":"Shorter now."}
--> {"id":1,"method":"initialize","params":{"rootUri":"${uri}","capabilities":{}}}
<-- {"id":1,"result":{"capabilities":{"executeCommandProvider":{"commands":["emend.explain","emend.refactor","emend.addTests","emend.fix","emend.addDocs","emend.review","emend.shorten","..."]}}}}
--> {"method":"initialized","params":{}}
open ${uri}/a.c "int a;\n"
--> {"id":2,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"diagnostics":[],"only":["refactor"]}}}
<-- {"id":2,"result":[{"command":{"command":"emend.refactor"}},{"command":{"command":"emend.addDocs"}},{"title":"Emend: Shorten this code","kind":"refactor.rewrite","command":{"command":"emend.shorten"}}]}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.shorten","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":3,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"message":"~Shorten a.c.*"}}
