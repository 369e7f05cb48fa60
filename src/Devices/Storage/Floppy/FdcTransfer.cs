using System;
using Doppel.Backends;
using Doppel.Primitives;
using static Doppel.Devices.Storage.Floppy.Fdc82077AaRegisters;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>What a transfer waits for next.</summary>
internal enum FdcWait
{
    /// <summary>It has ended; the result can be taken.</summary>
    Nothing = 0,

    /// <summary>The disk turns to the next sector.</summary>
    Sector = 1,

    /// <summary>Two revolutions in which nothing is found.</summary>
    Search = 2,

    /// <summary>The processor moves the bytes of a unit (transfer without DMA).</summary>
    Host = 3,
}

/// <summary>What a transfer works with: the selected drive and the chip's way to memory.</summary>
/// <param name="Drive">The drive that DOR selects, or null.</param>
/// <param name="Spins">Its motor is on.</param>
/// <param name="DataRate">Field of the rate registers.</param>
/// <param name="ByHost">The processor moves the bytes.</param>
/// <param name="Dma">The DMA channel; null when the chip's requests do not reach one.</param>
/// <param name="Now">The present instant.</param>
internal readonly record struct FdcBench(FloppyDrive? Drive, bool Spins, int DataRate, bool ByHost, IIsaDmaChannel? Dma, GuestTime Now);

/// <summary>
/// A command with sectors in its execution phase (82077AA datasheet 5.1): reads, writes, verifies, READ TRACK, READ ID. It goes sector by sector and
/// never keeps more than one, whatever the guest asks for. <see cref="FdcFormat"/> holds FORMAT TRACK.
/// Not modelled: sectors of other sizes than 512 bytes and FM tracks are not found; deleted data marks do not stay on the disk.
/// </summary>
internal sealed class FdcTransfer
{
    private readonly byte[] _buffer = new byte[FloppyGeometry.SectorBytes];
    private readonly byte[] _parameters = new byte[FdcCommands.MaxLength];
    private FdcCommand _command;
    private ushort _position;
    private byte _head;
    private byte _done;
    private bool _searched;
    private byte _status0;
    private byte _status1;
    private byte _status2;

    private bool Writes => _command is FdcCommand.Write or FdcCommand.WriteDeleted or FdcCommand.Format;

    private bool WantsDeleted => _command == FdcCommand.ReadDeleted;

    private bool IsMultiTrack => _command is not FdcCommand.ReadTrack && (_parameters[0] & MultiTrack) != 0;

    // Parameters 2 to 6: the ID field that is looked for, advanced from sector to sector, and the last sector number.
    private ref byte Cylinder => ref _parameters[2];

    private ref byte Side => ref _parameters[3];

    private ref byte Record => ref _parameters[4];

    private ref byte SizeCode => ref _parameters[5];

    private byte LastRecord => _parameters[6];

    private int UnitBytes => _command == FdcCommand.Format ? FdcFormat.IdBytes : FloppyGeometry.SectorBytes;

    /// <summary>Whether bytes go to the host.</summary>
    public bool ToHost => !Writes;

    /// <summary>Starts a command.</summary>
    public void Begin(FdcCommand command, ReadOnlySpan<byte> parameters)
    {
        _command = command;
        Array.Clear(_parameters);
        parameters.CopyTo(_parameters);
        _position = 0;
        _head = (byte)((_parameters[1] & HeadSelect) != 0 ? 1 : 0);
        _done = 0;
        _searched = false;
        _status0 = 0;
        _status1 = 0;
        _status2 = 0;
    }

    /// <summary>The track that the command wants under the head, or -1 when it takes what is there.</summary>
    public int WantedTrack => _command is FdcCommand.ReadTrack or FdcCommand.ReadId or FdcCommand.Format ? -1 : Cylinder;

    /// <summary>The disk has turned: does what is due.</summary>
    public FdcWait Step(in FdcBench bench)
    {
        if (_command == FdcCommand.Format)
        {
            return StepFormat(bench);
        }

        if (!TryFind(bench, out long offset))
        {
            return Lost();
        }

        if (_command == FdcCommand.ReadId)
        {
            return FdcWait.Nothing;
        }

        return Writes ? StepWrite(bench, offset) : StepRead(bench, offset);
    }

    /// <summary>The processor takes a byte of a sector.</summary>
    public byte TakeByte(out FdcWait wait)
    {
        byte value = _buffer[_position++];
        wait = _position < UnitBytes ? FdcWait.Host : Taken(terminalCount: false);
        _position = wait == FdcWait.Host ? _position : (ushort)0;
        return value;
    }

    /// <summary>The processor gives a byte of a sector or of an ID field.</summary>
    public FdcWait GiveByte(in FdcBench bench, byte value)
    {
        _buffer[_position++] = value;
        if (_position < UnitBytes)
        {
            return FdcWait.Host;
        }

        _position = 0;
        return _command == FdcCommand.Format ? FormatOne(bench, terminalCount: false)
            : TryFind(bench, out long offset) ? Store(bench, offset, terminalCount: false)
            : Lost();
    }

    /// <summary>ST0, ST1, ST2, C, H, R, N.</summary>
    public void WriteResult(Span<byte> to)
    {
        to[0] = (byte)(_status0 | (_head << 2) | (_parameters[1] & OutputDrive));
        to[1] = _status1;
        to[2] = _status2;
        to[3] = Cylinder;
        to[4] = Side;
        to[5] = Record;
        to[6] = SizeCode;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("transfer", 1);
        to.Write("command", (ulong)_command);
        to.Write("parameters", _parameters);
        to.Write("buffer", _buffer);
        to.Write("position", (ulong)_position);
        to.Write("head", (ulong)_head);
        to.Write("done", (ulong)_done);
        to.Write("searched", _searched);
        to.Write("st0", (ulong)_status0);
        to.Write("st1", (ulong)_status1);
        to.Write("st2", (ulong)_status2);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("transfer", 1);
        _command = (FdcCommand)from.ReadUnsigned("command", 0xFF);
        from.ReadBytes("parameters", _parameters);
        from.ReadBytes("buffer", _buffer);
        _position = (ushort)from.ReadUnsigned("position", (ulong)UnitBytes - 1);
        _head = (byte)from.ReadUnsigned("head", 1);
        _done = (byte)from.ReadUnsigned("done", 0xFF);
        _searched = from.ReadBool("searched");
        _status0 = (byte)from.ReadUnsigned("st0", 0xFF);
        _status1 = (byte)from.ReadUnsigned("st1", 0xFF);
        _status2 = (byte)from.ReadUnsigned("st2", 0xFF);
        from.End();
    }

    // Whether there are address marks under the head that this chip setting reads.
    private bool HasMarks(in FdcBench bench, out FloppyGeometry format)
    {
        format = bench.Drive?.Format ?? default;
        return bench.Spins && bench.Drive is not null && bench.Drive.DataRate == bench.DataRate && (_parameters[0] & Mfm) != 0
            && _head < format.Heads && bench.Drive.Track < format.Tracks;
    }

    private bool TryFind(in FdcBench bench, out long offset)
    {
        offset = -1;
        _status1 &= (byte)(_command == FdcCommand.ReadTrack ? St1NoData : 0);
        _status2 &= St2ControlMark;
        if (!HasMarks(bench, out FloppyGeometry format))
        {
            _status1 = St1MissingMark;
            return false;
        }

        int track = bench.Drive!.Track;
        if (_command == FdcCommand.ReadId)
        {
            long passed = bench.Now.Nanoseconds / Fdc82077Aa.SectorNanoseconds;
            (Cylinder, Side, Record, SizeCode) = ((byte)track, _head, (byte)((passed % format.Sectors) + 1), SizeCode512);
            offset = 0;
            return true;
        }

        bool matches = Cylinder == track && Side == _head && SizeCode == SizeCode512 && Record >= 1 && Record <= format.Sectors;
        if (_command == FdcCommand.ReadTrack)
        {
            // Sectors come as they pass the head; an ID that differs is only noted.
            _status1 |= (byte)(matches && Record == (_done % format.Sectors) + 1 ? 0 : St1NoData);
            offset = format.OffsetOf(track, _head, (_done % format.Sectors) + 1);
            return true;
        }

        if (!matches)
        {
            _status1 = St1NoData;
            _status2 |= (byte)(Cylinder == track ? 0 : St2WrongCylinder);
            return false;
        }

        _searched = false;
        offset = format.OffsetOf(track, _head, Record);
        return true;
    }

    private FdcWait Lost()
    {
        if (!_searched)
        {
            _searched = true;
            return FdcWait.Search;
        }

        return Fail(0);
    }

    private FdcWait Fail(byte status1, byte status2 = 0)
    {
        _status0 = St0Abnormal;
        _status1 |= status1;
        _status2 |= status2;
        return FdcWait.Nothing;
    }

    private FdcWait StepRead(in FdcBench bench, long offset)
    {
        // All sectors have the normal mark: READ DELETED DATA skips them, or takes one and stops.
        if (WantsDeleted)
        {
            _status2 |= St2ControlMark;
            if ((_parameters[0] & Skip) != 0)
            {
                return Next(terminalCount: false);
            }
        }

        if (bench.Drive!.Read(offset, _buffer) != BlockStatus.Done)
        {
            return Fail(St1DataError, St2DataError);
        }

        bool terminalCount = false;
        if (_command != FdcCommand.Verify)
        {
            if (bench.ByHost)
            {
                _position = 0;
                return FdcWait.Host;
            }

            if (!TryMove(bench, _buffer, out terminalCount))
            {
                return Fail(St1Overrun);
            }
        }

        return Taken(terminalCount);
    }

    // A sector with a mark of the other kind ends the command, its ID as it is.
    private FdcWait Taken(bool terminalCount) => WantsDeleted ? FdcWait.Nothing : Next(terminalCount);

    private FdcWait StepWrite(in FdcBench bench, long offset)
    {
        if (bench.Drive!.IsProtected)
        {
            return Fail(St1NotWritable);
        }

        if (bench.ByHost)
        {
            _position = 0;
            return FdcWait.Host;
        }

        Array.Clear(_buffer);
        return TryMove(bench, _buffer, out bool terminalCount) ? Store(bench, offset, terminalCount) : Fail(St1Overrun);
    }

    private FdcWait Store(in FdcBench bench, long offset, bool terminalCount) => bench.Drive!.Write(offset, _buffer) switch
    {
        BlockStatus.Done => Next(terminalCount),
        BlockStatus.ReadOnly => Fail(St1NotWritable),
        _ => Fail(St1DataError, St2DataError),
    };

    // A unit goes over in one piece; a channel that takes part of it and does not end the command has overrun the chip.
    private bool TryMove(in FdcBench bench, Span<byte> unit, out bool terminalCount)
    {
        terminalCount = false;
        if (bench.Dma is not { } dma)
        {
            return false;
        }

        dma.SetRequest(true);
        int moved = dma.IsReady ? dma.Move(unit, ToHost, out terminalCount) : 0;
        dma.SetRequest(false);
        if (!ToHost)
        {
            unit[moved..].Clear(); // the chip fills the rest of a sector with zeros
        }

        return moved == unit.Length || terminalCount;
    }

    // Datasheet table 5-6: what the ID in the result is, and where the command goes on.
    private FdcWait Next(bool terminalCount)
    {
        _done++;
        bool atEnd = _command == FdcCommand.ReadTrack ? _done == LastRecord : Record == LastRecord;
        bool changesSide = atEnd && IsMultiTrack && _head == 0;
        bool last = atEnd && !changesSide;
        if (_command == FdcCommand.Verify)
        {
            // VERIFY needs no terminal count: it ends after SC sectors when EC is set, and else at the end of the track.
            bool counts = (_parameters[1] & MultiTrack) != 0;
            terminalCount = counts ? _done == _parameters[8] : last;
        }

        if (last && !terminalCount)
        {
            return Fail(St1EndOfCylinder);
        }

        if (atEnd && _command != FdcCommand.ReadTrack)
        {
            Record = 1;
            Side ^= (byte)(IsMultiTrack ? 1 : 0);
            Cylinder += (byte)(last ? 1 : 0);
        }
        else
        {
            Record++;
        }

        if (terminalCount)
        {
            _status0 |= (byte)(_command == FdcCommand.ReadTrack && (_status1 & St1NoData) != 0 ? St0Abnormal : 0);
            return FdcWait.Nothing;
        }

        _head ^= (byte)(changesSide ? 1 : 0);
        return FdcWait.Sector;
    }

    private FdcWait StepFormat(in FdcBench bench)
    {
        _status1 = 0;
        if (!HasMarks(bench, out _))
        {
            _status1 = St1MissingMark;
            return Lost();
        }

        if (bench.Drive!.IsProtected)
        {
            return Fail(St1NotWritable);
        }

        if (bench.ByHost)
        {
            return FdcFormat.Sectors(_parameters) == 0 ? FdcWait.Nothing : FdcWait.Host;
        }

        FdcWait wait = FdcFormat.Sectors(_parameters) == 0 ? FdcWait.Nothing : FdcWait.Sector;
        while (wait == FdcWait.Sector)
        {
            wait = TryMove(bench, _buffer.AsSpan(0, FdcFormat.IdBytes), out bool terminalCount) ? FormatOne(bench, terminalCount) : Fail(St1Overrun);
        }

        return wait;
    }

    private FdcWait FormatOne(in FdcBench bench, bool terminalCount)
    {
        if (!HasMarks(bench, out FloppyGeometry format))
        {
            return Fail(St1MissingMark);
        }

        Span<byte> id = _buffer.AsSpan(0, FdcFormat.IdBytes);
        BlockStatus status = FdcFormat.Fill(bench.Drive!, format, _head, id, _parameters);
        if (status != BlockStatus.Done)
        {
            return status == BlockStatus.ReadOnly ? Fail(St1NotWritable) : Fail(St1DataError, St2DataError);
        }

        return ++_done == FdcFormat.Sectors(_parameters) || terminalCount ? FdcWait.Nothing : FdcWait.Sector;
    }
}
