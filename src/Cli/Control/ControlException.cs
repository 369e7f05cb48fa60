using System;

namespace Doppel.Cli.Control;

/// <summary>A request that cannot be done; the message is one line for people.</summary>
internal sealed class ControlException(string message) : Exception(message);
