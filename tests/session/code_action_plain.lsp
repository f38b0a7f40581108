# Clients that did not announce tags or disabled actions are sent neither (rules 6, 19).
init eglot-1.17
--> {"id":1,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[],"only":["emend.explain"]}}}
<-- {"id":1,"result":[{"title":"Emend: Explain this code","tags":"!absent","disabled":"!absent"}]}
# Running it says what to set.
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":2,"error":{"code":-32803,"message":"~model"}}
