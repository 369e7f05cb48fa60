using System.Collections.Generic;
using Doppel.X86.Paging;

namespace Doppel.X86.Tests.Paging;

/// <summary>Page-table memory that exists only where a test wrote.</summary>
internal readonly struct TableMemory() : IPageTableMemory
{
    private readonly Dictionary<ulong, uint> _words = [];

    /// <summary>Addresses whose accessed or dirty bits were set by a walk, in order.</summary>
    internal List<(ulong At, uint Bits)> Marked { get; } = [];

    public uint Read32(ulong physical) => _words.TryGetValue(physical, out uint value) ? value : uint.MaxValue;

    public ulong Read64(ulong physical) => Read32(physical) | ((ulong)Read32(physical + 4) << 32);

    public void SetBits(ulong physical, uint bits)
    {
        Marked.Add((physical, bits));
        _words[physical] = Read32(physical) | bits;
    }

    internal void Put32(ulong at, uint value) => _words[at] = value;

    internal void Put64(ulong at, ulong value)
    {
        _words[at] = (uint)value;
        _words[at + 4] = (uint)(value >> 32);
    }
}
