# With no model set: listed, with the reason, where the client takes it.
init nvim-0.12
--> {"id":1,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[],"only":["emend.explain"]}}}
<-- {"id":1,"result":[{"title":"Emend: Explain this code","disabled":{"reason":"~model"}}]}
