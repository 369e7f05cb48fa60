using System;

namespace Doppel.Primitives;

/// <summary>
/// Takes the saved state of one part of a machine. Records nest; fields are written in a fixed order and carry
/// their names, so that a reader can say which field of which device is wrong. Used on the machine's thread while it is paused.
/// </summary>
public interface IStateWriter
{
    /// <summary>Opens a record, for example "pit"; every record is closed by <see cref="End"/>.</summary>
    void Begin(string record, int version);

    /// <summary>Closes the record opened last.</summary>
    void End();

    /// <summary>Writes one unsigned field of up to 64 bits.</summary>
    void Write(string field, ulong value);

    /// <summary>Writes one signed field.</summary>
    void Write(string field, long value);

    /// <summary>Writes one truth value.</summary>
    void Write(string field, bool value);

    /// <summary>Writes raw bytes with their length.</summary>
    void Write(string field, ReadOnlySpan<byte> value);
}

/// <summary>
/// Gives back what an <see cref="IStateWriter"/> took, in the same order. The stream is untrusted input: every reader
/// checks ranges as it would check a register write, and throws <see cref="StateFormatException"/> on what cannot be.
/// </summary>
public interface IStateReader
{
    /// <summary>Enters a record; returns its version, 1 to <paramref name="newest"/>.</summary>
    int Begin(string record, int newest);

    /// <summary>Leaves the record entered last.</summary>
    void End();

    /// <summary>Reads one unsigned field of at most <paramref name="max"/>.</summary>
    ulong ReadUnsigned(string field, ulong max = ulong.MaxValue);

    /// <summary>Reads one signed field between <paramref name="min"/> and <paramref name="max"/>.</summary>
    long ReadSigned(string field, long min = long.MinValue, long max = long.MaxValue);

    /// <summary>Reads one truth value.</summary>
    bool ReadBool(string field);

    /// <summary>Fills <paramref name="to"/>; the stored length must equal its length.</summary>
    void ReadBytes(string field, Span<byte> to);

    /// <summary>Reads bytes of any length up to <paramref name="maxLengthBytes"/>.</summary>
    byte[] ReadBytes(string field, int maxLengthBytes);
}

/// <summary>A saved state that cannot be restored: truncated, damaged, of another version or out of range. Never guest-caused.</summary>
public sealed class StateFormatException : Exception
{
    /// <summary>Creates the error; <paramref name="message"/> names record and field and what is wrong.</summary>
    public StateFormatException(string message)
        : base(message)
    {
    }
}
