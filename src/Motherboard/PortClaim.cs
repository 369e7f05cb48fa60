using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>One claimed range of ports: fixed when <see cref="IsMovable"/> is false.</summary>
internal sealed class PortClaim(PortBus bus, string region, uint count, IRegisterBlock block, AccessSize widest, bool movable) : IPortClaim
{
    public string Region => region;

    public uint Count => count;

    public IRegisterBlock Block => block;

    public int Widest => (int)widest;

    public bool IsMovable => movable;

    /// <summary>First port while mapped.</summary>
    public uint First { get; set; }

    public bool IsMapped { get; set; }

    /// <summary>Some port of this claim carries a narrower claim over it.</summary>
    public bool HasOverlay { get; set; }

    public uint End => First + Count;

    public bool Contains(uint port) => IsMapped && port - First < Count;

    public bool Contains(PortClaim other) => other.First >= First && other.End <= End;

    public void Map(uint first) => bus.Move(this, first, map: true);

    public void Unmap() => bus.Move(this, 0, map: false);
}
