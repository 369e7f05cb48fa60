using System;
using Doppel.Backends;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide.Ata;

/// <summary>
/// An ATA disk (ATA/ATAPI-6, T13 1410D): sectors of 512 bytes, cylinder/head/sector, 28-bit and 48-bit addresses, PIO, multiple and DMA transfers.
/// What the medium ends with in an odd part of a sector is not shown. A range that leaves the disk is refused before anything moves.
/// Commands of feature sets that IDENTIFY does not announce (SMART, security, host protected area, removable media) are aborted.
/// </summary>
public sealed class AtaDisk : IdeDrive
{
    /// <summary>Most sectors a block of READ and WRITE MULTIPLE.</summary>
    internal const int MostMultiple = 16;

    private const int SectorBytes = 512;

    private readonly IBlockBackend _medium;
    private readonly DriveIdentity _identity;
    private readonly AtaGeometry _geometry;
    private readonly DriveSettings _settings = new();
    private AtaStep _step;
    private long _lba;
    private int _remaining;
    private int _multiple;
    private bool _cachesWrites;
    private bool _looksAhead;

    /// <summary>A disk over <paramref name="medium"/>, which stays the caller's.</summary>
    /// <param name="name">Name for people: "disk0".</param>
    /// <param name="medium">Its sectors.</param>
    /// <param name="identity">What it says about itself.</param>
    public AtaDisk(string name, IBlockBackend medium, DriveIdentity identity)
        : base(name)
    {
        _medium = medium;
        _identity = identity;
        _geometry = new AtaGeometry(medium.LengthBytes / SectorBytes);
    }

    private protected override ushort Signature => 0x0000;

    private protected override byte ResetStatus => IdeStatus.Idle;

    private AtaTransfer Transfer => AtaOpcode.TransferOf(Command);

    private int BlockSectors => Transfer.IsMultiple ? Math.Max(1, _multiple) : 1;

    private protected override long Begin()
    {
        _step = AtaStep.Execute;
        return Transfer.Move is AtaMove.PioIn or AtaMove.DmaIn or AtaMove.DmaOut or AtaMove.Verify ? IdeTime.Disk : IdeTime.Command;
    }

    private protected override void Work()
    {
        switch (_step)
        {
            case AtaStep.Execute when Transfer.Move != AtaMove.None:
                StartTransfer();
                break;
            case AtaStep.Execute:
                Execute();
                break;
            case AtaStep.NextBlock:
                ReadBlock();
                break;
            case AtaStep.Store:
                StoreBlock();
                break;
            case AtaStep.Dma when Transfer.Move == AtaMove.DmaIn:
                ReadDma();
                break;
            default:
                WriteDma();
                break;
        }
    }

    private protected override long BlockMoved(bool toGuest)
    {
        if (!toGuest)
        {
            _step = AtaStep.Store;
            return IdeTime.Disk;
        }

        if (_remaining > 0 && Transfer.Move == AtaMove.PioIn)
        {
            _step = AtaStep.NextBlock;
            return IdeTime.Command;
        }

        Buffer.Clear();
        return 0;
    }

    private protected override void ForgetCommand()
    {
        _step = AtaStep.Execute;
        _lba = 0;
        _remaining = 0;
    }

    private protected override void ResetDrive()
    {
        _settings.Reset();
        _geometry.Reset();
        _multiple = 0;
        _cachesWrites = true;
        _looksAhead = true;
    }

    private protected override void SoftReset() => _settings.Wake();

    private protected override void SaveDrive(IStateWriter to)
    {
        _settings.Save(to);
        _geometry.Save(to);
        to.Write("step", (ulong)_step);
        to.Write("lba", (ulong)_lba);
        to.Write("remaining", (ulong)_remaining);
        to.Write("multiple", (ulong)_multiple);
        to.Write("cachesWrites", _cachesWrites);
        to.Write("looksAhead", _looksAhead);
    }

    private protected override void RestoreDrive(IStateReader from)
    {
        _settings.Restore(from);
        _geometry.Restore(from);
        _step = (AtaStep)from.ReadUnsigned("step", (ulong)AtaStep.Dma);
        _lba = (long)from.ReadUnsigned("lba", (ulong)_geometry.Sectors);
        _remaining = (int)from.ReadUnsigned("remaining", (ulong)Math.Min(65_536, _geometry.Sectors - _lba));
        _multiple = (int)from.ReadUnsigned("multiple", MostMultiple);
        _cachesWrites = from.ReadBool("cachesWrites");
        _looksAhead = from.ReadBool("looksAhead");
    }

    private void StartTransfer()
    {
        AtaTransfer transfer = Transfer;
        if (transfer.IsMultiple && _multiple == 0)
        {
            Abort();
            return;
        }

        long lba = _geometry.Address(Registers, transfer.IsExt);
        int count = transfer.IsExt ? Registers.Count48 : Registers.Count28;
        if (lba < 0 || lba > _geometry.Sectors - count)
        {
            End(IdeStatus.Idle | IdeStatus.Error, IdeError.NotFound);
            return;
        }

        _settings.Wake();
        _lba = lba;
        _remaining = count;
        switch (transfer.Move)
        {
            case AtaMove.PioIn:
                ReadBlock();
                break;
            case AtaMove.PioOut:
                AskBlock(interrupt: false);
                break;
            case AtaMove.DmaIn:
                _step = AtaStep.Dma;
                ReadDma();
                break;
            case AtaMove.DmaOut:
                _step = AtaStep.Dma;
                WriteDma();
                break;
            default:
                _lba += count;
                _remaining = 0;
                EndTransfer();
                break;
        }
    }

    private void ReadBlock()
    {
        if (TryFill(Math.Min(_remaining, BlockSectors)))
        {
            Buffer.OpenForReading(Buffer.Filled);
            if (_remaining == 0)
            {
                ShowResult(_lba - 1);
            }

            Request(toGuest: true, interrupt: true);
        }
    }

    private void AskBlock(bool interrupt)
    {
        Buffer.OpenForWriting(Math.Min(_remaining, BlockSectors) * SectorBytes);
        Request(toGuest: false, interrupt);
    }

    private void StoreBlock()
    {
        if (!TryStore())
        {
            return;
        }

        if (_remaining > 0)
        {
            AskBlock(interrupt: true);
        }
        else
        {
            EndWrite();
        }
    }

    private void ReadDma()
    {
        if (Buffer.Waiting == 0 && !TryFill(Math.Min(_remaining, TransferBuffer.Capacity / SectorBytes)))
        {
            return;
        }

        Buffer.Sent(BusMaster.MoveToMemory(Buffer.Unsent));
        if (Buffer.Waiting > 0)
        {
            WaitForBusMaster();
        }
        else if (_remaining > 0)
        {
            Later(IdeTime.Buffer);
        }
        else
        {
            EndTransfer();
        }
    }

    private void WriteDma()
    {
        int wanted = Math.Min(_remaining * SectorBytes, TransferBuffer.Capacity);
        if (Buffer.BlockEnd != wanted)
        {
            Buffer.OpenForWriting(wanted);
        }

        Buffer.Sent(BusMaster.MoveFromMemory(Buffer.Room(wanted)));
        if (!Buffer.IsBlockDone)
        {
            WaitForBusMaster();
        }
        else if (TryStore())
        {
            if (_remaining > 0)
            {
                Later(IdeTime.Buffer);
            }
            else
            {
                EndWrite();
            }
        }
    }

    // Reads the next sectors into the buffer. False: the command has ended with an error.
    private bool TryFill(int sectors)
    {
        BlockStatus status = _medium.Read(_lba * SectorBytes, Buffer.Fill(sectors * SectorBytes));
        if (status != BlockStatus.Done)
        {
            Fail(IdeStatus.Idle | IdeStatus.Error, status == BlockStatus.OutOfRange ? IdeError.NotFound : IdeError.Uncorrectable);
            return false;
        }

        _lba += sectors;
        _remaining -= sectors;
        return true;
    }

    // Writes what the guest gave. False: the command has ended with an error.
    private bool TryStore()
    {
        int sectors = Math.Min(Buffer.Position / SectorBytes, _remaining);
        BlockStatus status = _medium.Write(_lba * SectorBytes, Buffer.Received[..(sectors * SectorBytes)]);
        if (status != BlockStatus.Done)
        {
            FailWrite(status);
            return false;
        }

        _lba += sectors;
        _remaining -= sectors;
        Buffer.Clear();
        return true;
    }

    // Without the write cache a write is on the medium before the command ends.
    private void EndWrite()
    {
        if (_cachesWrites || _medium.Flush() is var status && status == BlockStatus.Done)
        {
            EndTransfer();
        }
        else
        {
            FailWrite(status);
        }
    }

    private void EndTransfer()
    {
        ShowResult(_lba - 1);
        End(IdeStatus.Idle);
    }

    private void FailWrite(BlockStatus status)
    {
        switch (status)
        {
            case BlockStatus.OutOfRange:
                Fail(IdeStatus.Idle | IdeStatus.Error, IdeError.NotFound);
                break;
            case BlockStatus.ReadOnly:
                Fail(IdeStatus.Idle | IdeStatus.Error, IdeError.Aborted | IdeError.WriteProtected);
                break;
            default:
                Fail(IdeStatus.Idle | IdeStatus.Error | IdeStatus.Fault, IdeError.Aborted);
                break;
        }
    }

    private void Fail(byte status, byte error)
    {
        ShowResult(_lba);
        End(status, error);
    }

    // The registers name the last sector, or the first bad one, and how many are left.
    private void ShowResult(long lba)
    {
        bool isExt = Transfer.IsExt;
        _geometry.Show(Registers, isExt, Math.Max(0, lba));
        if (isExt)
        {
            Registers.SetCount48(_remaining);
        }
        else
        {
            Registers.Count = (byte)_remaining;
        }
    }

    private void Abort() => End(IdeStatus.Idle | IdeStatus.Error, IdeError.Aborted);

    private void Execute()
    {
        bool isDone = Command switch
        {
            IdeCommand.Identify => Identify(),
            IdeCommand.SetFeatures => TrySetFeatures(),
            AtaOpcode.SetMultiple => TrySetMultiple(),
            AtaOpcode.InitializeParameters => _geometry.TrySet((Registers.Device & 15) + 1, Registers.Count),
            AtaOpcode.ReadNativeMax => ShowLast(isExt: false),
            AtaOpcode.ReadNativeMaxExt => ShowLast(isExt: true),
            AtaOpcode.FlushCache or AtaOpcode.FlushCacheExt => Flush(),
            _ when IdeCommand.IsPower(Command) => Power(),
            _ when AtaOpcode.IsRecalibrate(Command) => true,
            _ when AtaOpcode.IsSeek(Command) => Seek(),
            _ => false,
        };
        if (Status != (IdeStatus.Busy | IdeStatus.Idle))
        {
            return; // it asked for data, or ended already
        }

        if (isDone)
        {
            End(IdeStatus.Idle);
        }
        else
        {
            Abort();
        }
    }

    private bool Identify()
    {
        DiskFlags flags = new(_multiple, _cachesWrites, _looksAhead, IsSecond, HasNeighbour);
        AtaIdentify.Disk(Buffer.Fill(AtaIdentify.LengthBytes), _identity, _geometry, _settings, flags);
        Buffer.OpenForReading(AtaIdentify.LengthBytes);
        Request(toGuest: true, interrupt: true);
        return true;
    }

    private bool TrySetFeatures()
    {
        switch (Registers.Features)
        {
            case 0x02:
                _cachesWrites = true;
                return true;
            case 0x82:
                _cachesWrites = false;
                return Flush();
            case 0xAA:
                _looksAhead = true;
                return true;
            case 0x55:
                _looksAhead = false;
                return true;
            case 0x66 or 0xCC:
                return true;
            case 0x03:
                return _settings.TrySetMode(Registers.Count);
            default:
                return false;
        }
    }

    private bool TrySetMultiple()
    {
        int count = Registers.Count;
        bool isGood = count <= MostMultiple && (count & (count - 1)) == 0;
        _multiple = isGood ? count : 0;
        return isGood;
    }

    private bool ShowLast(bool isExt)
    {
        if (isExt)
        {
            Registers.SetLba48(Math.Max(0, _geometry.Sectors - 1));
        }
        else
        {
            Registers.SetLba28(Math.Max(0, (long)_geometry.Sectors28 - 1));
        }

        return true;
    }

    private bool Flush()
    {
        BlockStatus status = _medium.Flush();
        if (status != BlockStatus.Done)
        {
            End(IdeStatus.Idle | IdeStatus.Error | IdeStatus.Fault, IdeError.Aborted);
        }

        return true;
    }

    private bool Power()
    {
        _settings.DoPower(Command, Registers);
        return true;
    }

    private bool Seek()
    {
        long lba = _geometry.Address(Registers, isExt: false);
        if (lba < 0 || lba >= _geometry.Sectors)
        {
            End(IdeStatus.Idle | IdeStatus.Error, IdeError.NotFound);
        }

        return true;
    }
}

/// <summary>What a disk does when its time has passed.</summary>
internal enum AtaStep
{
    /// <summary>Looks at the command.</summary>
    Execute = 0,

    /// <summary>Reads the next block for the guest.</summary>
    NextBlock = 1,

    /// <summary>Writes the block that the guest gave.</summary>
    Store = 2,

    /// <summary>Goes on with DMA.</summary>
    Dma = 3,
}
