using System.Collections.Generic;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>The last few delivered exceptions, for crash reports. Not guest-visible state.</summary>
internal sealed class ExceptionHistory
{
    private readonly Entry[] _ring = new Entry[16];
    private int _count;

    /// <summary>Remembers one exception.</summary>
    internal void Add(Vector vector, uint errorCode, ushort cs, ulong rip, ulong cr2, ulong retired)
    {
        _ring[_count % _ring.Length] = new Entry(vector, errorCode, cs, rip, cr2, retired);
        _count++;
    }

    /// <summary>Oldest first.</summary>
    internal IEnumerable<Entry> Recent()
    {
        for (int i = System.Math.Max(0, _count - _ring.Length); i < _count; i++)
        {
            yield return _ring[i % _ring.Length];
        }
    }

    /// <summary>One delivered exception.</summary>
    internal readonly record struct Entry(Vector Vector, uint ErrorCode, ushort Cs, ulong Rip, ulong Cr2, ulong Retired);
}
