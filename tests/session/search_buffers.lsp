# A search finds what is on the screen, not what is on the disk, with the lines around it and in its place among files.
model: {"calls":[{"name":"search","input":{"pattern":"needle","context":1,"glob":"*.{c,h}"}}]}
model: {"text":"Found.","expect":"a.h:1: needle disk\na.h-2- end\n--\nb.c-1- first\nb.c:2: needle screen\nb.c-3- last\n--\nc.c:1: needle new\n"}
file: a.h "needle disk\nend\n"
file: b.c "needle old\n"
file: d.txt "needle\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init vscode-9
open ${uri}/b.c "first\nneedle screen\nlast\n"
open ${uri}/c.c "needle new\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/b.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"window/showMessage","params":{"message":"~Explain b.c: done"}}
