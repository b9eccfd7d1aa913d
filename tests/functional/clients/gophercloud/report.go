package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
)

// names says which client at which version does what follows, over which version of the API.
func names(client, module, api string) {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				version = strings.TrimPrefix(dependency.Version, "v")
			}
		}
	}
	say(map[string]string{"client": fmt.Sprintf("%s %s, %s", client, version, api)})
}

// does is one thing that a user wants done. If it fails that is said, and the program goes on.
func does(what string, act func() error) {
	if err := act(); err != nil {
		say(map[string]string{"what": what, "did": "failed", "text": err.Error()})
	} else {
		say(map[string]string{"what": what, "did": "done"})
	}
}

// same is an error if the two differ.
func same(found, wanted any) error {
	if !reflect.DeepEqual(found, wanted) {
		return fmt.Errorf("%v is not %v", found, wanted)
	}
	return nil
}

// first is the first error of several.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// refused is an error unless the given one has the server's words.
func refused(err error, words string) error {
	if err == nil {
		return fmt.Errorf("there was no error")
	}
	if !strings.Contains(err.Error(), words) {
		return fmt.Errorf("%q is not in %q", words, err.Error())
	}
	return nil
}

func say(line map[string]string) {
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		panic(err)
	}
}
