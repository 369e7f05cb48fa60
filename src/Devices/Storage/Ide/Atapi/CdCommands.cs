using System;
using System.Buffers.Binary;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>
/// What the packets of a CD-ROM drive mean (MMC-3, T10 1363D). A command yields a reply, sectors to read one after another, a parameter list to take,
/// nothing, or a sense.
/// </summary>
internal sealed class CdCommands(DriveIdentity identity, CdTray tray)
{
    private readonly ModePages _modes = new();
    private byte _senseKey;
    private byte _senseCode;
    private byte _senseQualifier;
    private byte _parts;
    private long _next;

    /// <summary>Sectors that the command has not read yet.</summary>
    public int Remaining { get; private set; }

    /// <summary>Bytes of a parameter list that the command takes.</summary>
    public int Expected { get; private set; }

    /// <summary>The parts of each sector that the command reads.</summary>
    public CdSector Sector => new(_parts);

    /// <summary>Power-on.</summary>
    public void Reset()
    {
        _modes.Reset();
        tray.Reset();
        _next = 0;
        Note(Sense.None);
    }

    /// <summary>Drops the command under way.</summary>
    public void Forget()
    {
        Remaining = 0;
        Expected = 0;
        _parts = 0;
    }

    /// <summary>Remembers why a command failed, for REQUEST SENSE.</summary>
    public void Failed(Sense sense)
    {
        Forget();
        Note(sense);
    }

    /// <summary>Starts a command.</summary>
    /// <param name="packet">Its 12 bytes.</param>
    /// <param name="reply">256 zeros for a reply.</param>
    /// <param name="length">Bytes of it to send.</param>
    public Sense Start(ReadOnlySpan<byte> packet, Span<byte> reply, out int length)
    {
        byte command = packet[0];
        length = 0;
        if (!PacketCommand.IgnoresAttention(command) && tray.TakeAttention() is var attention && attention != Sense.None)
        {
            return attention;
        }

        if (PacketCommand.NeedsMedium(command) && !tray.IsReady)
        {
            return tray.NotReady;
        }

        if (command != PacketCommand.RequestSense)
        {
            Note(Sense.None);
        }

        switch (command)
        {
            case PacketCommand.TestUnitReady or PacketCommand.SynchronizeCache or PacketCommand.StopPlay or PacketCommand.SetSpeed:
                return Sense.None;
            case PacketCommand.PreventRemoval:
                tray.IsLocked = (packet[4] & 1) != 0;
                return Sense.None;
            case PacketCommand.StartStop:
                return StartStop(packet[4]);
            case PacketCommand.Seek:
                return Seek(Address(packet));
            case PacketCommand.Read10:
                return Read(Address(packet), BinaryPrimitives.ReadUInt16BigEndian(packet[7..]), CdSector.UserData);
            case PacketCommand.Read12:
                return Read(Address(packet), BinaryPrimitives.ReadUInt32BigEndian(packet[6..]), CdSector.UserData);
            case PacketCommand.ReadCd:
                return ReadCd(packet, Address(packet), (uint)((packet[6] << 16) | (packet[7] << 8) | packet[8]));
            case PacketCommand.ReadCdMsf:
                return ReadCdMsf(packet);
            case PacketCommand.PlayAudio10 or PacketCommand.PlayAudio12 or PacketCommand.PlayAudioMsf or PacketCommand.PauseResume:
                return Sense.IllegalMode;
            case PacketCommand.ModeSelect:
                Expected = BinaryPrimitives.ReadUInt16BigEndian(packet[7..]);
                return (packet[1] & 1) != 0 ? Sense.InvalidField : Sense.None;
            default:
                return Reply(packet, reply, out length);
        }
    }

    /// <summary>Reads the next sectors of the command; <paramref name="to"/> has as many times <see cref="CdSector.Length"/> bytes.</summary>
    public bool TryRead(int sectors, Span<byte> to)
    {
        if (!Sector.TryRead(tray, _next, to))
        {
            return false;
        }

        _next += sectors;
        Remaining -= sectors;
        return true;
    }

    /// <summary>Takes the parameter list of MODE SELECT.</summary>
    public Sense Take(ReadOnlySpan<byte> list) => _modes.Write(list);

    public void Save(IStateWriter to)
    {
        tray.Save(to);
        _modes.Save(to);
        to.Write("senseKey", (ulong)_senseKey);
        to.Write("senseCode", (ulong)_senseCode);
        to.Write("senseQualifier", (ulong)_senseQualifier);
        to.Write("parts", (ulong)_parts);
        to.Write("nextSector", (ulong)_next);
        to.Write("sectorsLeft", (ulong)Remaining);
        to.Write("expected", (ulong)Expected);
    }

    public void Restore(IStateReader from)
    {
        tray.Restore(from);
        _modes.Restore(from);
        _senseKey = (byte)from.ReadUnsigned("senseKey", 15);
        _senseCode = (byte)from.ReadUnsigned("senseCode", 0xFF);
        _senseQualifier = (byte)from.ReadUnsigned("senseQualifier", 0xFF);
        _parts = (byte)from.ReadUnsigned("parts", 0xF8);
        _next = (long)from.ReadUnsigned("nextSector", uint.MaxValue);
        Remaining = (int)from.ReadUnsigned("sectorsLeft", int.MaxValue);
        Expected = (int)from.ReadUnsigned("expected", ushort.MaxValue);
        if (Remaining > 0 && Sector.Length == 0)
        {
            throw new StateFormatException("parts: sectors without bytes");
        }
    }

    private static long Address(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[2..]);

    // Replies are cut to the length that the host allows, which stands where the command has it.
    private Sense Reply(ReadOnlySpan<byte> packet, Span<byte> reply, out int length)
    {
        int allowed = BinaryPrimitives.ReadUInt16BigEndian(packet[7..]);
        bool msf = (packet[1] & 2) != 0;
        Sense sense = Sense.None;
        switch (packet[0])
        {
            case PacketCommand.RequestSense:
                length = CdReplies.SenseData(reply, TakeSense());
                allowed = packet[4];
                break;
            case PacketCommand.Inquiry:
                length = CdReplies.Inquiry(reply, identity);
                allowed = packet[4];
                sense = (packet[1] & 1) != 0 || packet[2] != 0 ? Sense.InvalidField : sense;
                break;
            case PacketCommand.ReadCapacity:
                length = CdReplies.Capacity(reply, tray.Sectors);
                allowed = length;
                break;
            case PacketCommand.ReadToc:
                length = CdReplies.Toc(reply, tray.Sectors, (packet[2] & 15) != 0 ? packet[2] & 15 : packet[9] >> 6, packet[6], msf);
                break;
            case PacketCommand.ReadSubChannel:
                length = CdReplies.SubChannel(reply, packet[3], (packet[2] & 0x40) != 0, msf, _next);
                break;
            case PacketCommand.GetConfiguration:
                length = CdReplies.Configuration(reply, tray, packet[1] & 3, BinaryPrimitives.ReadUInt16BigEndian(packet[2..]));
                break;
            case PacketCommand.GetEvent:
                length = (packet[1] & 1) != 0 ? CdReplies.Event(reply, tray, packet[4]) : 0;
                break;
            case PacketCommand.ReadDiscInformation:
                length = CdReplies.DiscInformation(reply);
                break;
            case PacketCommand.MechanismStatus:
                length = CdReplies.Mechanism(reply, tray, _next);
                allowed = BinaryPrimitives.ReadUInt16BigEndian(packet[8..]);
                break;
            case PacketCommand.ModeSense:
                sense = _modes.Read(reply, packet[2] & 0x3F, packet[2] >> 6, tray, out length);
                break;
            default:
                length = 0;
                return Sense.InvalidCommand;
        }

        sense = sense == Sense.None && length == 0 ? Sense.InvalidField : sense;
        length = sense == Sense.None ? Math.Min(length, allowed) : 0;
        return sense;
    }

    private Sense TakeSense()
    {
        Sense sense = new(_senseKey, _senseCode, _senseQualifier);
        Note(Sense.None);
        return sense == Sense.None ? tray.TakeAttention() : sense;
    }

    private void Note(Sense sense)
    {
        _senseKey = sense.Key;
        _senseCode = sense.Code;
        _senseQualifier = sense.Qualifier;
    }

    private Sense StartStop(byte operation)
    {
        bool start = (operation & 1) != 0;
        if ((operation & 2) == 0)
        {
            return Sense.None;
        }

        if (start)
        {
            tray.Close();
        }
        else if (tray.IsLocked)
        {
            return Sense.RemovalPrevented;
        }
        else
        {
            tray.Open();
        }

        return Sense.None;
    }

    private Sense Seek(long sector)
    {
        if (sector >= tray.Sectors)
        {
            return Sense.OutOfRange;
        }

        _next = sector;
        return Sense.None;
    }

    private Sense Read(long first, uint count, CdSector sector)
    {
        if (first + count > tray.Sectors)
        {
            return Sense.OutOfRange;
        }

        if (count > 0 && sector.Length > 0)
        {
            _next = first;
            _parts = sector.Flags;
            Remaining = (int)count;
        }

        return Sense.None;
    }

    private Sense ReadCd(ReadOnlySpan<byte> packet, long first, uint count)
    {
        int type = (packet[1] >> 2) & 7;
        CdSector sector = new(packet[9]);
        if (!sector.IsPossible || packet[10] != 0)
        {
            return Sense.InvalidField;
        }

        return type is 0 or 2 ? Read(first, count, sector) : Sense.IllegalMode;
    }

    private Sense ReadCdMsf(ReadOnlySpan<byte> packet)
    {
        long first = Frames(packet[3..]) - 150;
        long end = Frames(packet[6..]) - 150;
        return first < 0 || end < first ? Sense.OutOfRange : ReadCd(packet, first, (uint)(end - first));
    }

    private static long Frames(ReadOnlySpan<byte> msf) => (((msf[0] * 60L) + msf[1]) * 75) + msf[2];
}
