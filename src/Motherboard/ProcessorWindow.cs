using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// A page of registers that only one processor sees: its local APIC. What the others see at the same address is their own, or else
/// <paramref name="shown"/>, where nobody answers. Accesses that cross the page's border go there too.
/// </summary>
internal sealed class ProcessorWindow(IMmioClaim shown, IRegisterBlock block, AccessSize widest) : IMmioClaim
{
    private const ulong PageMask = 0xFFF;

    private bool _isMapped;
    private ulong _page;

    public void Map(Gpa at)
    {
        _isMapped = true;
        _page = at.Value & ~PageMask;
        shown.Map(at);
    }

    public void Unmap()
    {
        _isMapped = false;
        shown.Unmap();
    }

    public bool Contains(Gpa at, AccessSize size) => _isMapped && (at.Value & ~PageMask) == _page && (at.Value & PageMask) + (ulong)size <= PageMask + 1;

    public ulong Read(Gpa at, AccessSize size)
    {
        ulong value = 0;
        for (int done = 0; done < (int)size;)
        {
            ulong offset = (at.Value & PageMask) + (ulong)done;
            int piece = AccessCut.Next(offset, (int)size - done, (int)widest, PageMask + 1 - offset);
            bool isTaken = block.TryRead((uint)offset, (AccessSize)piece, out ulong part);
            value |= AccessCut.Low(isTaken ? part : ulong.MaxValue, piece) << (done * 8);
            done += piece;
        }

        return value;
    }

    public void Write(Gpa at, AccessSize size, ulong value)
    {
        for (int done = 0; done < (int)size;)
        {
            ulong offset = (at.Value & PageMask) + (ulong)done;
            int piece = AccessCut.Next(offset, (int)size - done, (int)widest, PageMask + 1 - offset);
            _ = block.TryWrite((uint)offset, (AccessSize)piece, AccessCut.Low(value >> (done * 8), piece));
            done += piece;
        }
    }

    /// <summary>What everybody sees: registers that nobody answers.</summary>
    internal sealed class Nobody : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = 0;
            return false;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value) => false;
    }
}
