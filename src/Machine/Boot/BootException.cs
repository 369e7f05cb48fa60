using System;

namespace Doppel.Machine.Boot;

/// <summary>A boot image that cannot be started. The message is one line for people: what is wrong and what to do.</summary>
public sealed class BootException : Exception
{
    /// <summary>Creates the error.</summary>
    public BootException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public BootException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
