using System;

namespace Doppel.Backends.Vnc.Wire;

/// <summary>What a client sent is not the protocol, or too much of it. Ends that client, nothing else.</summary>
internal sealed class RfbProtocolException : Exception
{
    internal RfbProtocolException(string message)
        : base(message)
    {
    }
}
