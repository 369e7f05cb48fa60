using System;
using Doppel.Primitives;
using static Doppel.Devices.Storage.Floppy.Fdc82077AaRegisters;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>What SPECIFY, CONFIGURE, PERPENDICULAR MODE and LOCK set, and DUMPREG shows (82077AA datasheet 5.2.4 to 5.2.9).</summary>
internal sealed class FdcSettings
{
    private const byte ImpliedSeekBit = 0x40;
    private const byte FifoBits = 0x2F;
    private const byte FifoOff = 0x20;
    private const byte PollOff = 0x10;
    private const byte NonDma = 0x01;
    private const byte PerpendicularDrives = 0x3C;
    private const byte PerpendicularModes = 0x03;
    private const byte Overwrite = 0x80;

    private byte _stepRate;
    private byte _loadTime;
    private byte _configuration;
    private byte _precompensation;
    private byte _perpendicular;
    private bool _locked;

    /// <summary>Whether the processor moves data rather than DMA (bit ND of SPECIFY).</summary>
    public bool ByHost => (_loadTime & NonDma) != 0;

    /// <summary>Last sector number (EOT) or number of sectors (SC) of the command before.</summary>
    public byte LastRecord { get; set; }

    /// <summary>The reset pin.</summary>
    public void Reset()
    {
        _locked = false;
        _perpendicular = 0;
        _stepRate = 0;
        _loadTime = 0;
        LastRecord = 0;
        SoftReset();
    }

    /// <summary>A reset by DOR or DSR: LOCK keeps the FIFO's settings, and perpendicular drives stay such.</summary>
    public void SoftReset()
    {
        _configuration = _locked ? (byte)(_configuration & FifoBits) : FifoOff;
        _precompensation = _locked ? _precompensation : (byte)0;
        _perpendicular &= PerpendicularDrives;
    }

    /// <summary>SPECIFY.</summary>
    public void Specify(ReadOnlySpan<byte> command)
    {
        _stepRate = command[1];
        _loadTime = command[2];
    }

    /// <summary>CONFIGURE.</summary>
    public void Configure(ReadOnlySpan<byte> command)
    {
        _configuration = (byte)(command[2] & (ImpliedSeekBit | FifoBits | PollOff));
        _precompensation = command[3];
    }

    /// <summary>PERPENDICULAR MODE: drive bits change only when OW is set.</summary>
    public void SetPerpendicular(ReadOnlySpan<byte> command)
    {
        int drives = (command[1] & Overwrite) != 0 ? command[1] : _perpendicular;
        _perpendicular = (byte)((command[1] & PerpendicularModes) | (drives & PerpendicularDrives));
    }

    /// <summary>LOCK; gives the result byte.</summary>
    public byte Lock(ReadOnlySpan<byte> command)
    {
        _locked = (command[0] & MultiTrack) != 0;
        return (byte)(_locked ? 0x10 : 0);
    }

    /// <summary>DUMPREG from its fifth byte on.</summary>
    public void Dump(Span<byte> to)
    {
        to[0] = _stepRate;
        to[1] = _loadTime;
        to[2] = LastRecord;
        to[3] = (byte)((_locked ? MultiTrack : 0) | _perpendicular);
        to[4] = _configuration;
        to[5] = _precompensation;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("settings", 1);
        to.Write("specify1", (ulong)_stepRate);
        to.Write("specify2", (ulong)_loadTime);
        to.Write("eot", (ulong)LastRecord);
        to.Write("configuration", (ulong)_configuration);
        to.Write("pretrk", (ulong)_precompensation);
        to.Write("perpendicular", (ulong)_perpendicular);
        to.Write("lock", _locked);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("settings", 1);
        _stepRate = (byte)from.ReadUnsigned("specify1", 0xFF);
        _loadTime = (byte)from.ReadUnsigned("specify2", 0xFF);
        LastRecord = (byte)from.ReadUnsigned("eot", 0xFF);
        _configuration = (byte)from.ReadUnsigned("configuration", ImpliedSeekBit | FifoBits | PollOff);
        _precompensation = (byte)from.ReadUnsigned("pretrk", 0xFF);
        _perpendicular = (byte)from.ReadUnsigned("perpendicular", PerpendicularDrives | PerpendicularModes);
        _locked = from.ReadBool("lock");
        from.End();
    }
}
