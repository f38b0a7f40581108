# Rule 24: one file, many spellings; the answer is in the client's own.
init nvim-0.12
open ${uri}/d%c3%b1%20%5bx%5d.c "int a;\n"
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"${uri}/d%C3%B1%20[x].c","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":3}},"text":"long"}]}}
--> {"id":1,"method":"emend/document","params":{"uri":"${uri}/d%C3%B1%20%5Bx%5D.c"}}
<-- {"id":1,"result":{"text":"long a;\n","version":2}}
--> {"id":2,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/d%c3%b1%20%5bx%5d.c"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":4}},"context":{"diagnostics":[],"only":["emend.explain"]}}}
<-- {"id":2,"result":[{"command":{"arguments":[{"uri":"${uri}/d%c3%b1%20%5bx%5d.c","version":2}]}}]}
# Emacs leaves a bare % as it is.
open ${uri}/100%(x).c "p\n"
--> {"id":3,"method":"emend/document","params":{"uri":"${uri}/100%25%28x%29.c"}}
<-- {"id":3,"result":{"text":"p\n"}}
