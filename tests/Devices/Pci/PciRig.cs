using System.Collections.Generic;
using Doppel.Devices.Pci;
using Doppel.Devices.Tests.Doubles;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Pci;

/// <summary>A bus with a bridge and a test card, in slots that note where ranges are mapped.</summary>
internal sealed class PciRig : IDeviceSlot, IExpansionWindow
{
    private IRegisterBlock? _configuration;

    public PciRig()
    {
        Host = new HostBridge440Fx(Shadow);
        Plug(Bus);
        Bus.Add(0, 0, Host);
        Bus.Add(1, 0, Isa);
        Bus.Add(1, 3, Pm);
        Bus.Add(5, 0, Card);
        foreach (PciFunction function in new PciFunction[] { Host, Isa, Pm, Card })
        {
            Plug(function);
        }
    }

    public PciBus Bus { get; } = new();

    public ShadowLog Shadow { get; } = new();

    public HostBridge440Fx Host { get; }

    public Piix3IsaBridge Isa { get; } = new();

    public Piix4Pm Pm { get; } = new(new NullBlock());

    public TestCard Card { get; } = new();

    public Dictionary<int, List<FakeLine>> Lines { get; } = [];

    public Dictionary<string, ulong?> Mapped { get; } = [];

    public FakeMemory Memory { get; } = new();

    public IDmaPort Dma => Memory;

    public IGuestClock Clock { get; } = new FakeClock();

    public IBoardControl Board { get; } = new FakeBoard();

    public IExpansionWindow Expansion => this;

    public string HighLines
    {
        get
        {
            SortedSet<int> high = [];
            foreach ((int line, List<FakeLine> shares) in Lines)
            {
                if (shares.Exists(s => s.High))
                {
                    high.Add(line);
                }
            }

            return string.Join(' ', high);
        }
    }

    public ulong Read(int device, int function, int register, AccessSize size)
    {
        Select(device, function, register);
        Assert.True(_configuration!.TryRead(4 + (uint)(register & 3), size, out ulong value));
        return value;
    }

    public void Write(int device, int function, int register, AccessSize size, ulong value)
    {
        Select(device, function, register);
        Assert.True(_configuration!.TryWrite(4 + (uint)(register & 3), size, value));
    }

    public bool Raw(bool write, uint offset, AccessSize size, ref ulong value) =>
        write ? _configuration!.TryWrite(offset, size, value) : _configuration!.TryRead(offset, size, out value);

    public IInterruptLine Line(int irq)
    {
        FakeLine line = new();
        if (!Lines.TryGetValue(irq, out List<FakeLine>? shares))
        {
            Lines[irq] = shares = [];
        }

        shares.Add(line);
        return line;
    }

    public void ClaimPorts(string region, ushort first, ushort count, IRegisterBlock block, AccessSize widest = AccessSize.Byte)
    {
        Assert.Equal(0xCF8, first);
        Assert.Equal(8, count);
        Assert.Equal(AccessSize.Dword, widest);
        _configuration = block;
    }

    public IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword) => new Claim(this, region);

    IPortClaim IExpansionWindow.ClaimPorts(string region, uint count, IRegisterBlock block, AccessSize widest) => new Claim(this, region);

    IMmioClaim IExpansionWindow.ClaimRam(string region, GuestRam ram, long offset, ulong lengthBytes) => new Claim(this, region);

    private void Plug(IDevice device)
    {
        device.Connect(this);
        device.Reset(ResetKind.PowerOn);
    }

    private void Select(int device, int function, int register) =>
        Assert.True(_configuration!.TryWrite(0, AccessSize.Dword, 0x8000_0000u | (uint)((device << 11) | (function << 8) | (register & 0xFC))));

    internal sealed class ShadowLog : IShadowMemory
    {
        public string[] Segments { get; } = new string[13];

        public bool Management { get; private set; }

        public void SetManagement(bool visible) => Management = visible;

        public void SetSegment(int segment, bool readRam, bool writeRam) => Segments[segment] = (readRam ? "r" : "-") + (writeRam ? "w" : "-");
    }

    internal sealed class NullBlock : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = 0;
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value) => true;
    }

    internal sealed class TestCard : PciFunction
    {
        public TestCard()
            : base("card", new PciIdentity(0x1234, 0x5678, 0x02_00_00, 7) { InterruptPin = 1, SubsystemVendorId = 0xAAAA, SubsystemId = 0xBBBB })
        {
            DefineBar(0, PciBar.Io("io", 32, new NullBlock()));
            DefineBar(1, PciBar.Memory("mmio", 0x1000, new NullBlock()));
            DefineBar(2, PciBar.Memory("wide", 0x10_0000, new NullBlock(), is64Bit: true, prefetchable: true));
        }

        public IDmaPort Memory => Dma;

        public void Interrupt(bool high) => SetInterrupt(high);

        public void DefineTooMuch() => DefineBar(3, PciBar.Io("more", 4, new NullBlock()));

        public void DefineWideAtEnd() => DefineBar(5, PciBar.Memory("more", 16, new NullBlock(), is64Bit: true));
    }

    private sealed class Claim(PciRig rig, string region) : IPortClaim, IMmioClaim
    {
        public void Map(uint first) => rig.Mapped[region] = first;

        public void Map(Gpa at) => rig.Mapped[region] = at.Value;

        public void Unmap() => rig.Mapped[region] = null;
    }
}
