# After a task each change waits: lenses, actions, accept, reject; the rest of the text stays as it is.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"},{"old_text":"int three;","new_text":"long three;\nlong more;"},{"old_text":"int five;\n","new_text":""}]}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\nint three;\nint four;\nint five;\nint six;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init vscode {"capabilities":{"textDocument":{"codeLens":{}},"workspace":{"codeLens":{"refreshSupport":true}},"experimental":{"emend":true}}}
ignore emend/task
ignore emend/text
open ${uri}/a.c "int one;\nint two;\nint three;\nint four;\nint five;\nint six;\n"
--> {"id":1,"method":"textDocument/codeLens","params":{"textDocument":{"uri":"${uri}/a.c"}}}
<-- {"id":1,"result":[]}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":2,"result":{"taskId":"$task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
<-- {"method":"emend/hunks","params":{"uri":"${uri}/a.c","version":2,"hunks":[{"id":"$one","task":"$task","kind":"change","state":"pending","old":"int one;\n","oldCut":"!absent","range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}}},{"id":"$two","kind":"change","range":{"start":{"line":2,"character":0},"end":{"line":4,"character":0}}},{"id":"$three","kind":"delete","old":"int five;\n","range":{"start":{"line":5,"character":0},"end":{"line":5,"character":0}}}]}}
<-- {"id":"$r1","method":"workspace/codeLens/refresh"}
--> {"id":"$r1","result":null}
--> {"id":3,"method":"textDocument/codeLens","params":{"textDocument":{"uri":"${uri}/a.c"}}}
<-- {"id":3,"result":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"command":{"title":"Accept","command":"emend.acceptHunk","arguments":[{"id":"$one"}]}},{"command":{"title":"Reject","command":"emend.rejectHunk","arguments":[{"id":"$one"}]}},{"command":{"title":"Undo task","command":"emend.undo","arguments":[{"task":"$task"}]}},{"range":{"start":{"line":2}}},"*","*",{"range":{"start":{"line":5}}},"*","*"]}
# Where the cursor is in one, actions too; never without being asked.
--> {"id":4,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":3,"character":2},"end":{"line":3,"character":2}},"context":{"diagnostics":[],"only":["emend.hunk"]}}}
<-- {"id":4,"result":[{"title":"Emend: Accept this change","kind":"emend.hunk","tags":"!absent","command":{"command":"emend.acceptHunk","arguments":[{"id":"$two","uri":"!absent"}]}},{"title":"Emend: Reject this change","command":{"command":"emend.rejectHunk","arguments":[{"id":"$two"}]}},{"title":"Emend: Accept all changes in this file","command":{"command":"emend.acceptAll","arguments":[{"uri":"${uri}/a.c"}]}},{"title":"Emend: Reject all changes in this file","command":{"command":"emend.rejectAll","arguments":[{"uri":"${uri}/a.c"}]}}]}
--> {"id":5,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":1,"character":2},"end":{"line":1,"character":2}},"context":{"diagnostics":[],"only":["emend.hunk"]}}}
<-- {"id":5,"result":[]}
--> {"id":6,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.c"},"range":{"start":{"line":3,"character":2},"end":{"line":3,"character":2}},"context":{"diagnostics":[],"triggerKind":2}}}
<-- {"id":6,"result":[]}
# Typing above moves them; typing beside leaves them.
type ${uri}/a.c 0:0-0:0 "/* top */\n"
type ${uri}/a.c 2:0-2:3 "char"
--> {"id":7,"method":"workspace/executeCommand","params":{"command":"emend.rejectHunk","arguments":[{"id":"$two"}]}}
<-- {"id":7,"result":{"hunks":1}}
<-- {"method":"workspace/applyEdit","params":{"label":"Emend: reject"}}
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$one","range":{"start":{"line":1}}},{"id":"$three"}]}}
<-- {"id":"$r2","method":"workspace/codeLens/refresh"}
--> {"id":"$r2","result":null}
buffer ${uri}/a.c "/* top */\nlong one;\nchar two;\nint three;\nint four;\nint six;\n"
--> {"id":8,"method":"workspace/executeCommand","params":{"command":"emend.rejectHunk","arguments":[{"id":"$two"}]}}
<-- {"id":8,"error":{"message":"~does not wait any more"}}
--> {"id":9,"method":"workspace/executeCommand","params":{"command":"emend.acceptHunk","arguments":[{"id":"$one"}]}}
<-- {"id":9,"result":{"hunks":1}}
<-- {"method":"emend/hunks","params":{"hunks":[{"id":"$three"}]}}
<-- {"id":"$r3","method":"workspace/codeLens/refresh"}
--> {"id":"$r3","result":null}
--> {"id":10,"method":"workspace/executeCommand","params":{"command":"emend.rejectAll","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":10,"result":{"hunks":1}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"emend/hunks","params":{"hunks":[]}}
<-- {"id":"$r4","method":"workspace/codeLens/refresh"}
--> {"id":"$r4","result":null}
buffer ${uri}/a.c "/* top */\nlong one;\nchar two;\nint three;\nint four;\nint five;\nint six;\n"
--> {"id":11,"method":"workspace/executeCommand","params":{"command":"emend.rejectHunk","arguments":[{}]}}
<-- {"id":11,"error":{"code":-32602,"message":"~id"}}
--> {"id":12,"method":"workspace/executeCommand","params":{"command":"emend.acceptAll","arguments":[]}}
<-- {"id":12,"error":{"message":"~No change"}}
quiet 0.1
