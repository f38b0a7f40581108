--> {"method":"exit","params":null}
exit 1
