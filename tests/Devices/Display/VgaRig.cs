using System;
using Doppel.Backends;
using Doppel.Devices.Display.Vga;
using Doppel.Devices.Tests.Doubles;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Display;

/// <summary>A standard VGA in a slot with ports, the memory at 0xA0000 as registers or as a window, and a screen.</summary>
internal sealed class VgaRig : IDeviceSlot, IExpansionWindow, IDisposable
{
    private readonly FakeSlot _slot = new();
    private readonly Window _window;

    public VgaRig(long memoryBytes = StandardVga.UsualMemoryBytes)
    {
        Memory = new GuestRam("vram", memoryBytes);
        Rom = StandardVga.NewRom([0x55, 0xAA, 80]);
        _window = new Window(Memory);
        Vga = new StandardVga(Memory, Rom);
        Vga.Connect(this);
        Vga.Reset(ResetKind.PowerOn);
        Screen = new VgaScreen(Vga);
    }

    public GuestRam Memory { get; }

    public GuestRam Rom { get; }

    public StandardVga Vga { get; }

    public VgaScreen Screen { get; }

    public ScreenPicture Picture { get; } = new();

    public FakeSlot Ports => _slot;

    public ulong? RomAt { get; private set; }

    /// <summary>Where the plain window is and what it shows: "A0000+10000=offset", or "-".</summary>
    public string Plain => _window.Text;

    public IDmaPort Dma => _slot.Dma;

    public IExpansionWindow Expansion => this;

    public IGuestClock Clock => _slot.Clock;

    public IBoardControl Board => _slot.Board;

    public void Dispose()
    {
        Memory.Dispose();
        Rom.Dispose();
    }

    public byte In(ushort port) => _slot.In(port);

    public void Out(ushort port, byte value) => _slot.Out(port, value);

    /// <summary>Writes an indexed register: <paramref name="port"/> is 0x3C4, 0x3CE or 0x3D4.</summary>
    public void Set(ushort port, byte index, byte value) => _slot.Out(port, AccessSize.Word, (ulong)(value << 8 | index));

    public byte Get(ushort port, byte index)
    {
        _slot.Out(port, index);
        return _slot.In((ushort)(port + 1));
    }

    public void SetAttribute(byte index, byte value)
    {
        _ = _slot.In(0x3DA);
        _slot.Out(0x3C0, (byte)(index | 0x20));
        _slot.Out(0x3C0, value);
    }

    public void SetDispi(int index, int value)
    {
        _slot.Out(0x1CE, AccessSize.Word, (ulong)index);
        _slot.Out(0x1CF, AccessSize.Byte, (ulong)value & 0xFF);
        _slot.Out(0x1D0, AccessSize.Byte, (ulong)value >> 8);
    }

    public int GetDispi(int index)
    {
        _slot.Out(0x1CE, AccessSize.Word, (ulong)index);
        return _slot.In(0x1CF) | _slot.In(0x1D0) << 8;
    }

    public void SetDispiMode(int width, int height, int bits, int enable = 0x41)
    {
        SetDispi(4, 0);
        SetDispi(1, width);
        SetDispi(2, height);
        SetDispi(3, bits);
        SetDispi(4, enable);
        _ = _slot.In(0x3DA);
        _slot.Out(0x3C0, 0x20);
    }

    public void Poke(uint at, byte value)
    {
        if (_window.TryFind(at, out long offset))
        {
            Memory.Write(offset, [value]);
        }
        else
        {
            _slot.WriteMmio(at, AccessSize.Byte, value);
        }
    }

    public byte Peek(uint at) => _window.TryFind(at, out long offset) ? Memory.Read(offset, 1)[0] : (byte)_slot.ReadMmio(at, AccessSize.Byte);

    /// <summary>Programs the registers of a mode from their usual table.</summary>
    public void SetMode(VgaModeTable mode)
    {
        _slot.Out(0x3C2, mode.Misc);
        for (byte i = 0; i < mode.Sequencer.Length; i++)
        {
            Set(0x3C4, i, mode.Sequencer[i]);
        }

        Set(0x3D4, 0x11, 0);
        for (byte i = 0; i < mode.Crtc.Length; i++)
        {
            Set(0x3D4, i, mode.Crtc[i]);
        }

        for (byte i = 0; i < mode.Graphics.Length; i++)
        {
            Set(0x3CE, i, mode.Graphics[i]);
        }

        for (byte i = 0; i < mode.Attribute.Length; i++)
        {
            SetAttribute(i, mode.Attribute[i]);
        }

        // Colour n is 0x00nnnn with a component of its own, in 6 bits.
        _slot.Out(0x3C8, 0);
        for (int i = 0; i < 256; i++)
        {
            _slot.Out(0x3C9, (byte)(i >> 2));
            _slot.Out(0x3C9, (byte)(i & 0x3F));
            _slot.Out(0x3C9, (byte)((i * 5) & 0x3F));
        }
    }

    /// <summary>The pixel that <see cref="SetMode"/> gives colour <paramref name="number"/>.</summary>
    public static uint Colour(int number) => Level(number >> 2) << 16 | Level(number & 0x3F) << 8 | Level((number * 5) & 0x3F);

    public ScreenArea Update(bool all = false) => Screen.Update(Picture, all);

    public uint Pixel(int x, int y) => Picture.Row(y)[x];

    public IInterruptLine Line(int irq) => _slot.Line(irq);

    public void ClaimPorts(string region, ushort first, ushort count, IRegisterBlock block, AccessSize widest = AccessSize.Byte) =>
        _slot.ClaimPorts(region, first, count, block, widest);

    public IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword) =>
        _slot.ClaimMmio(region, lengthBytes, block, widest);

    public IRamWindow ClaimRamWindow(string region, GuestRam ram) => _window;

    IPortClaim IExpansionWindow.ClaimPorts(string region, uint count, IRegisterBlock block, AccessSize widest) => throw new NotSupportedException();

    IMmioClaim IExpansionWindow.ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest) =>
        _slot.ClaimMmio(region, lengthBytes, block, widest);

    IMmioClaim IExpansionWindow.ClaimRam(string region, GuestRam ram, long offset, ulong lengthBytes) => new Aperture(_ => { });

    IMmioClaim IExpansionWindow.ClaimRom(string region, GuestRam rom, long offset, ulong lengthBytes) => new Aperture(at => RomAt = at);

    private static uint Level(int six) => (uint)(six << 2 | (six & 1) * 3);

    private sealed class Aperture(Action<ulong?> mapped) : IMmioClaim
    {
        public void Map(Gpa at) => mapped(at.Value);

        public void Unmap() => mapped(null);
    }

    private sealed class Window(GuestRam ram) : IRamWindow
    {
        private ulong _at;
        private ulong _length;
        private long _offset;

        public string Text => _length == 0 ? "-" : $"{_at:X}+{_length:X}={_offset:X}";

        public void Show(Gpa at, long offset, ulong lengthBytes)
        {
            Assert.True(offset >= 0 && (ulong)offset + lengthBytes <= (ulong)ram.LengthBytes, "the window leaves the memory");
            (_at, _offset, _length) = (at.Value, offset, lengthBytes);
        }

        public void Hide() => _length = 0;

        public bool TryFind(uint at, out long offset)
        {
            offset = _offset + at - (long)_at;
            return at - _at < _length;
        }
    }
}
