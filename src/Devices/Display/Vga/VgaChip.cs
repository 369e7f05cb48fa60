using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// The adapter without its bus: registers, DISPI interface and video memory, and the one place where a change of registers changes what the
/// window at 0xA0000 is.
/// </summary>
internal sealed class VgaChip
{
    private const ulong WindowStart = 0xA_0000;
    private IGuestClock _clock = null!;
    private IRamWindow _plain = null!;

    public VgaChip(GuestRam memory)
    {
        Memory = memory;
        Dispi = new BochsDispi(memory);
        Planes = new VgaMemory(memory, Registers, Dispi);
    }

    public GuestRam Memory { get; }

    public VgaRegisterFile Registers { get; } = new();

    public BochsDispi Dispi { get; }

    public VgaMemory Planes { get; }

    /// <summary>Whether 15, 16 and 32 bits a pixel are shown with their bytes in reverse order.</summary>
    public bool IsBigEndian { get; set; }

    /// <summary>The beam.</summary>
    public VgaTiming Timing => Dispi.IsEnabled ? VgaTiming.Of(Dispi.Mode.Width, Dispi.Mode.Height) : VgaTiming.Of(Registers);

    /// <summary>Guest time.</summary>
    public GuestTime Now => _clock.Now;

    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _plain = slot.ClaimRamWindow("window", Memory);
        slot.ClaimMmio("planes", 0x2_0000, Planes, AccessSize.Dword).Map(new Gpa(WindowStart));
        slot.ClaimPorts("crtc-mono", VgaPort.MonoCrtc, 2, new VgaPorts(this, VgaPort.MonoCrtc));
        slot.ClaimPorts("status-mono", VgaPort.MonoStatus, 1, new VgaPorts(this, VgaPort.MonoStatus));
        slot.ClaimPorts("vga", VgaPort.Attribute, 16, new VgaPorts(this, VgaPort.Attribute));
        slot.ClaimPorts("crtc", VgaPort.ColourCrtc, 2, new VgaPorts(this, VgaPort.ColourCrtc));
        slot.ClaimPorts("status", VgaPort.ColourStatus, 1, new VgaPorts(this, VgaPort.ColourStatus));
        slot.ClaimPorts("dispi", DispiPorts.First, DispiPorts.Count, new DispiPorts(this), AccessSize.Word);
    }

    public void Reset(ResetKind kind)
    {
        Registers.Reset();
        Dispi.Reset();
        Planes.Reset();
        IsBigEndian = false;
        if (kind == ResetKind.PowerOn)
        {
            VideoMemoryRecord.Clear(Memory);
        }

        Follow();
    }

    public bool TryRead(ushort port, out byte value) => Registers.TryRead(port, _clock.Now, Timing, out value);

    public bool TryWrite(ushort port, byte value)
    {
        bool known = Registers.TryWrite(port, _clock.Now, value);
        if (port is VgaPort.MiscWrite or VgaPort.SequencerData or VgaPort.GraphicsData)
        {
            Follow();
        }

        return known;
    }

    public bool TryWriteDispiPort(uint offset, AccessSize size, ulong value)
    {
        bool known = Dispi.TryWritePort(offset, size, value);
        Follow();
        return known;
    }

    public void WriteDispi(int register, ushort value)
    {
        Dispi.Write(register, value);
        Follow();
    }

    public void Save(IStateWriter to)
    {
        Registers.Save(to);
        Dispi.Save(to);
        Planes.Save(to);
        to.Write("bigEndian", IsBigEndian);
        VideoMemoryRecord.Save(Memory, to);
    }

    public void Restore(IStateReader from)
    {
        Registers.Restore(from);
        Dispi.Restore(from);
        Planes.Restore(from);
        IsBigEndian = from.ReadBool("bigEndian");
        VideoMemoryRecord.Restore(Memory, from);
        Follow();
    }

    // Opens the window as plain memory where the registers make it that, and hands the rest to the graphics controller.
    private void Follow()
    {
        Registers.Dac.SetWide(Dispi.WantsWideDac);
        (uint start, uint length) = Planes.Window;
        long offset = length == 0 ? -1 : Planes.PlainOffset;
        if (offset >= 0)
        {
            _plain.Show(new Gpa(WindowStart + start), offset, length);
        }
        else
        {
            _plain.Hide();
        }
    }
}
