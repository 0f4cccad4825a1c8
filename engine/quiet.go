//go:build linux

package engine

import "github.com/panjf2000/gnet/v2/pkg/logging"

// gnet logs to stdout through one logger for the whole process. What its poller reports there it also returns, and the
// engine logs that itself.
func init() { logging.SetDefaultLoggerAndFlusher(quiet{}, nil) }

type quiet struct{}

func (quiet) Debugf(string, ...any) {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}
