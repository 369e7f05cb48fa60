using System;

namespace Doppel.Host;

/// <summary>The host refused something that Doppel needs. The message is one line for people: what failed and what to do.</summary>
public class HostException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What failed and what to do about it.</param>
    /// <param name="errno">The C library's errno, or 0.</param>
    public HostException(string message, int errno = 0)
        : base(message) => Errno = errno;

    /// <summary>The C library's errno, or 0.</summary>
    public int Errno { get; }
}
