// Command lua runs Lua scripts with what Argo CD gives to health checks and resource actions.
//
// That is gopher-lua with the libraries package, base and table, a module os that knows time and
// date alone and is had by require, the resource in the global obj, and one second a script.
// Standard input is a JSON list of {"script", "object"}, standard output one of {"value"} or
// {"error"}. As in Argo CD an empty table comes out as an empty list.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

const limit = time.Second

type task struct {
	Script string         `json:"script"`
	Object map[string]any `json:"object"`
}

type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

func main() {
	var tasks []task
	if err := json.NewDecoder(os.Stdin).Decode(&tasks); err != nil {
		fmt.Fprintln(os.Stderr, "lua: standard input:", err)
		os.Exit(1)
	}
	answers := make([]answer, 0, len(tasks))
	for _, one := range tasks {
		value, err := run(one)
		if err != nil {
			answers = append(answers, answer{Error: err.Error()})
			continue
		}
		answers = append(answers, answer{Value: value})
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "lua: standard output:", err)
		os.Exit(1)
	}
}

func run(one task) (any, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
	} {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return nil, err
		}
	}
	safe, err := clock(state)
	if err != nil {
		return nil, err
	}
	state.PreloadModule(lua.OsLibName, safe)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, one.Object))
	if err := state.DoString(one.Script); err != nil {
		return nil, err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("the script must return a table, not a %s", state.Get(-1).Type())
	}
	return fromLua(table)
}

// clock gives a module os with time and date, and nothing that touches the machine.
func clock(state *lua.LState) (lua.LGFunction, error) {
	call := lua.P{Fn: state.NewFunction(lua.OpenOs), NRet: 1, Protect: true}
	if err := state.CallByParam(call, lua.LString(lua.OsLibName)); err != nil {
		return nil, err
	}
	whole := state.Get(-1)
	state.Pop(1)
	module := state.NewTable()
	for _, name := range []string{"time", "date"} {
		module.RawSetString(name, state.GetField(whole, name))
	}
	// Opening put the whole library where scripts would find it.
	state.SetGlobal(lua.OsLibName, lua.LNil)
	loaded := state.GetField(state.GetGlobal(lua.LoadLibName), "loaded")
	state.SetField(loaded, lua.OsLibName, lua.LNil)
	return func(state *lua.LState) int {
		state.Push(module)
		return 1
	}, nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		list := state.CreateTable(len(value), 0)
		for _, item := range value {
			list.Append(toLua(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for name, item := range value {
			table.RawSetString(name, toLua(state, item))
		}
		return table
	}
	return lua.LNil
}

func fromLua(value lua.LValue) (any, error) {
	switch value := value.(type) {
	case lua.LBool:
		return bool(value), nil
	case lua.LNumber:
		return float64(value), nil
	case lua.LString:
		return string(value), nil
	case *lua.LNilType:
		return nil, nil
	case *lua.LTable:
		if first, _ := value.Next(lua.LNil); first == lua.LNil || first.Type() == lua.LTNumber {
			return fromList(value)
		}
		return fromMap(value)
	}
	return nil, fmt.Errorf("a %s cannot be written as JSON", value.Type())
}

func fromList(table *lua.LTable) (any, error) {
	list := []any{}
	for place := 1; place <= table.Len(); place++ {
		item, err := fromLua(table.RawGetInt(place))
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, nil
}

func fromMap(table *lua.LTable) (any, error) {
	object := map[string]any{}
	for name, item := table.Next(lua.LNil); name != lua.LNil; name, item = table.Next(name) {
		if name.Type() != lua.LTString {
			return nil, errors.New("a table has names and numbers as keys")
		}
		value, err := fromLua(item)
		if err != nil {
			return nil, err
		}
		object[name.String()] = value
	}
	return object, nil
}
