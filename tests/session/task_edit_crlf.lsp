# Line ends as the document has them (rule 23), positions in UTF-16 behind an emoji.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"old","new_text":"new1\nnew2"}]}}]}
model: {"text":"Done."}
file: a.c "x\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "ä\r\n😀 old;\r\nend\r\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done"}}
buffer ${uri}/a.c "ä\r\n😀 new1\r\nnew2;\r\nend\r\n"
