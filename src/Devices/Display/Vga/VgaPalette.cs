using System;

namespace Doppel.Devices.Display.Vga;

/// <summary>The colours of a frame as pixels, made anew when the registers behind them changed.</summary>
internal sealed class VgaPalette
{
    private readonly byte[] _entries = new byte[256 * 3];
    private readonly byte[] _attributes = new byte[VgaAttribute.Count];
    private readonly uint[] _colours = new uint[256];
    private readonly uint[] _sixteen = new uint[16];
    private int _dac = -1;

    /// <summary>The 256 colours of the DAC.</summary>
    public ReadOnlySpan<uint> Colours => _colours;

    /// <summary>The colours of the sixteen values of four planes, through plane enable and the attribute controller's palette.</summary>
    public ReadOnlySpan<uint> Sixteen => _sixteen;

    /// <summary>Looks at the registers; whether any colour changed.</summary>
    public bool Refresh(VgaRegisterFile registers)
    {
        VgaDac dac = registers.Dac;
        int state = dac.Mask | (dac.IsWide ? 0x100 : 0);

        // The panning register is not a colour.
        ReadOnlySpan<byte> attributes = registers.Attribute.Values;
        bool same = state == _dac && dac.Entries.SequenceEqual(_entries) && attributes[..VgaAttribute.Panning].SequenceEqual(_attributes.AsSpan(0, VgaAttribute.Panning))
            && attributes[VgaAttribute.ColourSelect] == _attributes[VgaAttribute.ColourSelect];
        if (same)
        {
            return false;
        }

        _dac = state;
        dac.Entries.CopyTo(_entries);
        attributes.CopyTo(_attributes);
        for (int i = 0; i < _colours.Length; i++)
        {
            _colours[i] = dac.Colour(i);
        }

        int select = attributes[VgaAttribute.ColourSelect];
        bool part = (attributes[VgaAttribute.ModeControl] & VgaAttribute.PalettePart) != 0;
        for (int i = 0; i < _sixteen.Length; i++)
        {
            int index = attributes[i & attributes[VgaAttribute.PlaneEnable] & 0x0F];
            index = part ? (index & 0x0F) | (select & 3) << 4 : index;
            _sixteen[i] = _colours[index | (select & 0x0C) << 4];
        }

        return true;
    }
}
