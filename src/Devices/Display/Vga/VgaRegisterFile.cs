using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// The registers of a VGA behind their ports (FreeVGA; IBM PS/2 technical reference): sequencer, graphics controller, CRT controller,
/// attribute controller, DAC, miscellaneous output, feature control and both status registers. Not modelled: light pen, feature connector,
/// the wake-up registers at 0x3C3 and 0x46E8, and the retrace interrupt's line (its flag is there).
/// </summary>
internal sealed class VgaRegisterFile
{
    private const byte SenseSwitch = 0x10;
    private const byte RetracePending = 0x80;

    private bool _attributeData;
    private long _retraceFrom = -1;

    public RegisterSet Sequencer { get; } = new("sequencer", 0x07, new byte[] { 0x03, 0x3D, 0x0F, 0x3F, 0x0E });

    public RegisterSet Graphics { get; } = new("graphics", 0x0F, new byte[] { 0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF });

    public RegisterSet Crtc { get; } = new("crtc", 0x3F, new byte[]
    {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0x3F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xEF, 0xFF,
    });

    public RegisterSet Attribute { get; } = new("attribute", 0x1F, new byte[]
    {
        0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0xEF, 0xFF, 0x3F, 0x0F, 0x0F,
    });

    public VgaDac Dac { get; } = new();

    /// <summary>Miscellaneous output register.</summary>
    public byte Misc { get; private set; }

    /// <summary>Feature control register.</summary>
    public byte Feature { get; private set; }

    /// <summary>Whether nothing is shown: the CPU holds the palette, or the sequencer switched the screen off.</summary>
    public bool IsBlank => (Attribute.Index & VgaAttribute.PaletteSource) == 0 || (Sequencer[VgaSequencer.ClockingMode] & VgaSequencer.ScreenOff) != 0;

    public void Reset()
    {
        Sequencer.Reset();
        Graphics.Reset();
        Crtc.Reset();
        Attribute.Reset();
        Dac.Reset();
        Misc = Feature = 0;
        _attributeData = false;
        _retraceFrom = -1;
    }

    /// <summary>Reads a port. False: nobody there, which also holds for the half of 3Bx and 3Dx that is not selected.</summary>
    public bool TryRead(ushort port, GuestTime now, in VgaTiming timing, out byte value)
    {
        value = 0xFF;
        switch (port)
        {
            case VgaPort.Attribute:
                value = (byte)(Attribute.Index & 0x3F);
                return true;
            case VgaPort.AttributeRead:
                value = Attribute.Read();
                return true;
            case VgaPort.MiscWrite:
                value = (byte)(SenseSwitch | (_retraceFrom >= 0 && timing.Retraces(now) != timing.Retraces(new GuestTime(_retraceFrom)) ? RetracePending : 0));
                return true;
            case VgaPort.Sequencer:
                value = Sequencer.Index;
                return true;
            case VgaPort.SequencerData:
                value = Sequencer.Read();
                return true;
            case >= VgaPort.DacMask and <= VgaPort.DacData:
                value = Dac.Read(port);
                return true;
            case VgaPort.FeatureRead:
                value = Feature;
                return true;
            case VgaPort.MiscRead:
                value = Misc;
                return true;
            case VgaPort.Graphics:
                value = Graphics.Index;
                return true;
            case VgaPort.GraphicsData:
                value = Graphics.Read();
                return true;
        }

        switch (ColourPort(port))
        {
            case VgaPort.ColourCrtc:
                value = Crtc.Index;
                return true;
            case VgaPort.ColourCrtcData:
                value = Crtc.Read();
                return true;
            case VgaPort.ColourStatus:
                _attributeData = false;
                value = timing.Status(now);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes a port; false as for reading.</summary>
    public bool TryWrite(ushort port, GuestTime now, byte value)
    {
        switch (port)
        {
            case VgaPort.Attribute:
                WriteAttribute(value);
                return true;
            case VgaPort.MiscWrite:
                Misc = value;
                return true;
            case VgaPort.Sequencer:
                Sequencer.Index = value;
                return true;
            case VgaPort.SequencerData:
                Sequencer.Write(Sequencer.Selected, value);
                return true;
            case >= VgaPort.DacMask and <= VgaPort.DacData:
                Dac.Write(port, value);
                return true;
            case VgaPort.Graphics:
                Graphics.Index = value;
                return true;
            case VgaPort.GraphicsData:
                Graphics.Write(Graphics.Selected, value);
                return true;
        }

        switch (ColourPort(port))
        {
            case VgaPort.ColourCrtc:
                Crtc.Index = value;
                return true;
            case VgaPort.ColourCrtcData:
                WriteCrtc(Crtc.Selected, value, now);
                return true;
            case VgaPort.ColourStatus:
                Feature = value;
                return true;
            default:
                return false;
        }
    }

    public void Save(IStateWriter to)
    {
        Sequencer.Save(to);
        Graphics.Save(to);
        Crtc.Save(to);
        Attribute.Save(to);
        Dac.Save(to);
        to.Write("misc", (ulong)Misc);
        to.Write("feature", (ulong)Feature);
        to.Write("attributeData", _attributeData);
        to.Write("retraceFrom", _retraceFrom);
    }

    public void Restore(IStateReader from)
    {
        Sequencer.Restore(from);
        Graphics.Restore(from);
        Crtc.Restore(from);
        Attribute.Restore(from);
        Dac.Restore(from);
        Misc = (byte)from.ReadUnsigned("misc", 0xFF);
        Feature = (byte)from.ReadUnsigned("feature", 0xFF);
        _attributeData = from.ReadBool("attributeData");
        _retraceFrom = from.ReadSigned("retraceFrom", -1, long.MaxValue / 2);
    }

    // 3Bx as 3Dx, or 0 when the other half is selected.
    private ushort ColourPort(ushort port)
    {
        bool colour = (port & 0xFFF0) == 0x3D0;
        return colour == ((Misc & VgaOutput.Colour) != 0) ? (ushort)(0x3D0 | (port & 0x0F)) : (ushort)0;
    }

    private void WriteAttribute(byte value)
    {
        if (!_attributeData)
        {
            Attribute.Index = value;
        }
        else
        {
            // Palette registers too while the display uses them: so do the cards that guests were written for.
            Attribute.Write(Attribute.Selected, value);
        }

        _attributeData = !_attributeData;
    }

    private void WriteCrtc(int register, byte value, GuestTime now)
    {
        if (register <= VgaCrtc.Overflow && (Crtc[VgaCrtc.RetraceEnd] & VgaCrtc.Protect) != 0)
        {
            if (register == VgaCrtc.Overflow)
            {
                Crtc.Write(register, (byte)((Crtc[register] & ~VgaCrtc.LineCompareBit8) | (value & VgaCrtc.LineCompareBit8)));
            }

            return;
        }

        if (register == VgaCrtc.RetraceEnd)
        {
            bool watch = (value & VgaCrtc.InterruptNotClear) != 0;
            _retraceFrom = !watch ? -1 : _retraceFrom < 0 ? now.Nanoseconds : _retraceFrom;
        }

        Crtc.Write(register, value);
    }
}
