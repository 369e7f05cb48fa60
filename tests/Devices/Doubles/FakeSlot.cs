using System.Collections.Generic;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>
/// A slot with a small bus: a test connects devices and then talks to them by port number or memory address, as a guest would.
/// Accesses wider than a claim allows, or leaving it, are cut into bytes; what nobody claims reads as all ones.
/// </summary>
internal sealed class FakeSlot : IDeviceSlot
{
    private readonly List<PortClaim> _ports = [];
    private readonly FakeLine[] _lines = new FakeLine[24];

    public FakeSlot()
    {
        for (int i = 0; i < _lines.Length; i++)
        {
            _lines[i] = new FakeLine();
        }
    }

    public FakeClock Time { get; } = new();

    public FakeBoard BoardControl { get; } = new();

    public FakeMemory Memory { get; } = new();

    public List<FakeMmioClaim> Mmio { get; } = [];

    public List<FakeRomClaim> Roms { get; } = [];

    /// <summary>Accesses that no claim or no register answered.</summary>
    public int Unanswered { get; private set; }

    public IDmaPort Dma => Memory;

    public IGuestClock Clock => Time;

    public IBoardControl Board => BoardControl;

    /// <summary>Connects and powers on.</summary>
    public T Plug<T>(T device)
        where T : IDevice
    {
        device.Connect(this);
        device.Reset(ResetKind.PowerOn);
        return device;
    }

    public FakeLine Irq(int irq) => _lines[irq];

    public IInterruptLine Line(int irq) => _lines[irq].Share();

    public void ClaimPorts(string region, ushort first, ushort count, IRegisterBlock block, AccessSize widest = AccessSize.Byte)
    {
        Assert.True(count > 0 && first + count <= 0x1_0000, region);
        _ports.Add(new PortClaim(region, first, count, block, widest));
    }

    public IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword)
    {
        FakeMmioClaim claim = new(region, lengthBytes, block, widest);
        Mmio.Add(claim);
        return claim;
    }

    public IRomClaim ClaimRom(string region, GuestRam rom, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword)
    {
        FakeRomClaim claim = new();
        Roms.Add(claim);
        return claim;
    }

    public byte In(ushort port) => (byte)In(port, AccessSize.Byte);

    public ulong In(ushort port, AccessSize size)
    {
        if (Find(port, size) is { } claim)
        {
            return Read(claim.Block, (uint)(port - claim.First), size);
        }

        if (size == AccessSize.Byte)
        {
            Unanswered++;
            return 0xFF;
        }

        ulong value = 0;
        for (int i = 0; i < (int)size; i++)
        {
            value |= In((ushort)(port + i), AccessSize.Byte) << (8 * i);
        }

        return value;
    }

    public void Out(ushort port, byte value) => Out(port, AccessSize.Byte, value);

    public void Out(ushort port, AccessSize size, ulong value)
    {
        if (Find(port, size) is { } claim)
        {
            Unanswered += claim.Block.TryWrite((uint)(port - claim.First), size, value & size.AllOnes()) ? 0 : 1;
            return;
        }

        if (size == AccessSize.Byte)
        {
            Unanswered++;
            return;
        }

        for (int i = 0; i < (int)size; i++)
        {
            Out((ushort)(port + i), AccessSize.Byte, (value >> (8 * i)) & 0xFF);
        }
    }

    /// <summary>Reads a mapped memory-mapped register.</summary>
    public ulong ReadMmio(ulong at, AccessSize size)
    {
        foreach (FakeMmioClaim claim in Mmio)
        {
            if (claim.Holds(at, size))
            {
                return Read(claim.Block, (uint)(at - claim.At!.Value.Value), size);
            }
        }

        Unanswered++;
        return size.AllOnes();
    }

    /// <summary>Writes a mapped memory-mapped register.</summary>
    public void WriteMmio(ulong at, AccessSize size, ulong value)
    {
        foreach (FakeMmioClaim claim in Mmio)
        {
            if (claim.Holds(at, size))
            {
                Unanswered += claim.Block.TryWrite((uint)(at - claim.At!.Value.Value), size, value & size.AllOnes()) ? 0 : 1;
                return;
            }
        }

        Unanswered++;
    }

    /// <summary>All claimed port numbers, for fuzzing.</summary>
    public ushort[] ClaimedPorts()
    {
        SortedSet<ushort> all = [];
        foreach (PortClaim claim in _ports)
        {
            for (int i = 0; i < claim.Count; i++)
            {
                all.Add((ushort)(claim.First + i));
            }
        }

        return [.. all];
    }

    private ulong Read(IRegisterBlock block, uint offset, AccessSize size)
    {
        if (block.TryRead(offset, size, out ulong value))
        {
            Assert.Equal(0UL, value & ~size.AllOnes());
            return value;
        }

        Unanswered++;
        return size.AllOnes();
    }

    private PortClaim? Find(ushort port, AccessSize size) => _ports.Find(c =>
        port >= c.First && port + (int)size <= c.First + c.Count && size <= c.Widest);

    private sealed record PortClaim(string Region, ushort First, ushort Count, IRegisterBlock Block, AccessSize Widest);
}

/// <summary>A ROM of <see cref="FakeSlot"/>.</summary>
internal sealed class FakeRomClaim : IRomClaim
{
    public Gpa? At { get; private set; }

    public bool ShowsRegisters { get; private set; }

    public void Map(Gpa at) => At = at;

    public void Unmap() => At = null;

    public void ShowRegisters(bool shown) => ShowsRegisters = shown;
}

/// <summary>A memory-mapped claim of <see cref="FakeSlot"/>.</summary>
internal sealed class FakeMmioClaim(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest) : IMmioClaim
{
    public string Region { get; } = region;

    public ulong LengthBytes { get; } = lengthBytes;

    public IRegisterBlock Block { get; } = block;

    public AccessSize Widest { get; } = widest;

    public Gpa? At { get; private set; }

    public void Map(Gpa at) => At = at;

    public void Unmap() => At = null;

    public bool Holds(ulong at, AccessSize size) => At is { } start && size <= Widest
        && at >= start.Value && at - start.Value < LengthBytes && (ulong)size <= LengthBytes - (at - start.Value);
}
