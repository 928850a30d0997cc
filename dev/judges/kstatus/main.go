// Command kstatus says what kstatus, which Flux and kpt wait with, takes objects for.
//
// Standard input is a JSON list of objects, standard output the list of their statuses.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kstatus:", err)
		os.Exit(1)
	}
}

func run() error {
	var texts []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		return err
	}
	found := []string{}
	for _, text := range texts {
		// Its own decoder: whole numbers have to stay whole for kstatus to see them.
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			return err
		}
		result, err := status.Compute(object)
		if err != nil {
			return err
		}
		found = append(found, result.Status.String())
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}
