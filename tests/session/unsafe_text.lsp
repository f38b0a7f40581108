# Rule 9: whatever the model says, no lone surrogate, no U+0000 reaches the editor. (Checked for every message.)
model: {"text":"bad \ud800 \u0000 \u001b[31m end"}
file: a.c "int a;\n"
ignore $/progress
ignore emend/task
init plugin
answer window/showDocument {"result":{"success":true}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"say \ud83d\ude00 %s"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"emend/text","params":{"taskId":"$task","text":"~bad"}}
<-- {"method":"window/showMessage","params":{"message":"~bad"}}
ignore emend/text
