using System;
using Doppel.Backends;
using Doppel.Devices.Storage.Ide.Ata;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>
/// An ATAPI CD-ROM drive (ATA/ATAPI-6 for the packets, MMC-3 for what is in them; <see cref="CdCommands"/> has those): PIO in blocks of at most the byte count that the host set, or
/// DMA. One data track; no audio, no sub-channel data with sectors.
/// </summary>
public sealed class AtapiCdrom : IdeDrive, IRemovableDrive
{
    private const int PacketBytes = 12;
    private const byte ForPacket = 0x01;
    private const byte ToGuest = 0x02;
    private const byte IsDone = 0x03;

    private readonly DriveIdentity _identity;
    private readonly DriveSettings _settings = new();
    private readonly CdCommands _commands;
    private readonly byte[] _packet = new byte[PacketBytes];
    private AtapiStep _step;
    private bool _isDma;
    private int _limit;

    /// <summary>A drive.</summary>
    /// <param name="name">Name for people: "cdrom0".</param>
    /// <param name="medium">What is in it, or null; stays the caller's.</param>
    /// <param name="identity">What it says about itself.</param>
    public AtapiCdrom(string name, IBlockBackend? medium, DriveIdentity identity)
        : base(name)
    {
        _identity = identity;
        _commands = new CdCommands(identity, Tray);
        Tray.Insert(medium);
    }

    /// <inheritdoc/>
    public IBlockBackend? Medium => Tray.Medium;

    /// <inheritdoc/>
    public bool IsLocked => Tray.IsLocked;

    internal CdTray Tray { get; } = new();

    private protected override ushort Signature => 0xEB14;

    private protected override byte ResetStatus => 0;

    /// <inheritdoc/>
    public void Insert(IBlockBackend? medium) => Tray.Insert(medium);

    private protected override bool MayInterrupt(byte command) => command == IdeCommand.DeviceReset;

    private protected override long Begin()
    {
        _step = AtapiStep.Command;
        return IdeTime.Command;
    }

    private protected override void Work()
    {
        switch (_step)
        {
            case AtapiStep.Command when Command == IdeCommand.Packet:
                AskPacket();
                break;
            case AtapiStep.Command:
                Execute();
                break;
            case AtapiStep.Packet:
                StartPacket();
                break;
            case AtapiStep.Send:
                Send();
                break;
            case AtapiStep.Receive:
                Receive();
                break;
            default:
                Finish(Sense.None);
                break;
        }
    }

    private protected override long BlockMoved(bool toGuest)
    {
        switch (_step)
        {
            case AtapiStep.Packet when !toGuest:
                Buffer.Received[..Math.Min(PacketBytes, Buffer.Position)].CopyTo(_packet);
                Buffer.Clear();
                return PacketCommand.IsRead(_packet[0]) ? IdeTime.Cdrom : IdeTime.Command;
            case AtapiStep.Send when toGuest && (Buffer.Waiting > 0 || _commands.Remaining > 0):
                return Buffer.Waiting > 0 ? IdeTime.Command : IdeTime.Buffer;
            case AtapiStep.Send when toGuest:
                _step = AtapiStep.Finish;
                return IdeTime.Command;
            case AtapiStep.Receive when !toGuest:
                return IdeTime.Command;
            default:
                return 0; // IDENTIFY PACKET DEVICE
        }
    }

    private protected override void ForgetCommand()
    {
        _step = AtapiStep.Command;
        _isDma = false;
        _limit = 0;
        _packet.AsSpan().Clear();
        _commands.Forget();
    }

    private protected override void ResetDrive()
    {
        _settings.Reset();
        _commands.Reset();
    }

    private protected override void SoftReset() => _settings.Wake();

    private protected override void SaveDrive(IStateWriter to)
    {
        _settings.Save(to);
        _commands.Save(to);
        to.Write("packet", _packet);
        to.Write("step", (ulong)_step);
        to.Write("isDma", _isDma);
        to.Write("limit", (ulong)_limit);
    }

    private protected override void RestoreDrive(IStateReader from)
    {
        _settings.Restore(from);
        _commands.Restore(from);
        from.ReadBytes("packet", _packet);
        _step = (AtapiStep)from.ReadUnsigned("step", (ulong)AtapiStep.Finish);
        _isDma = from.ReadBool("isDma");
        _limit = (int)from.ReadUnsigned("limit", 0xFFFE);
    }

    private void Execute()
    {
        switch (Command)
        {
            case IdeCommand.IdentifyPacket:
                AtaIdentify.Cdrom(Buffer.Fill(AtaIdentify.LengthBytes), _identity, _settings, IsSecond, HasNeighbour);
                Buffer.OpenForReading(AtaIdentify.LengthBytes);
                Request(toGuest: true, interrupt: true);
                return;
            case IdeCommand.SetFeatures when Registers.Features is 0x66 or 0xCC || (Registers.Features == 0x03 && _settings.TrySetMode(Registers.Count)):
                End(IdeStatus.Idle);
                return;
            case IdeCommand.Identify or 0x20:
                // These tell disks and packet devices apart (9.12).
                Registers.SetSignature(Signature);
                break;
            default:
                if (IdeCommand.IsPower(Command))
                {
                    _settings.DoPower(Command, Registers);
                    End(IdeStatus.Idle);
                    return;
                }

                break;
        }

        End(IdeStatus.Idle | IdeStatus.Error, IdeError.Aborted);
    }

    private void AskPacket()
    {
        _isDma = (Registers.Features & 1) != 0;

        // 0 and FFFF mean the most; blocks before the last one have even lengths.
        _limit = Registers.Cylinder;
        _limit = _limit is 0 or 0xFFFF ? 0xFFFE : Math.Max(2, _limit & ~1);
        _step = AtapiStep.Packet;
        Registers.Count = ForPacket;
        Buffer.OpenForWriting(PacketBytes);
        Request(toGuest: false, interrupt: false);
    }

    private void StartPacket()
    {
        _settings.Wake();
        Span<byte> reply = stackalloc byte[CdReplies.Room];
        reply.Clear();
        Sense sense = _commands.Start(_packet, reply, out int length);
        if (sense != Sense.None)
        {
            Finish(sense);
        }
        else if (_commands.Expected > 0)
        {
            _step = AtapiStep.Receive;
            Buffer.OpenForWriting(Math.Min(_commands.Expected, TransferBuffer.Capacity));
            Ask();
        }
        else if (length > 0 || _commands.Remaining > 0)
        {
            reply[..length].CopyTo(Buffer.Fill(length));
            _step = AtapiStep.Send;
            Send();
        }
        else
        {
            Finish(Sense.None);
        }
    }

    private void Send()
    {
        if (Buffer.Waiting == 0 && _commands.Remaining > 0)
        {
            int sectors = Math.Min(_commands.Remaining, TransferBuffer.Capacity / Math.Max(1, _commands.Sector.Length));
            if (!_commands.TryRead(sectors, Buffer.Fill(sectors * _commands.Sector.Length)))
            {
                Finish(Tray.IsReady ? Sense.ReadError : Tray.NotReady);
                return;
            }
        }

        if (_isDma)
        {
            SendByDma();
            return;
        }

        // An odd number of bytes goes at the end only.
        int count = Math.Min(_limit, Buffer.Waiting);
        if (count == 0)
        {
            Finish(Sense.None);
            return;
        }

        Registers.Cylinder = (ushort)count;
        Registers.Count = ToGuest;
        Buffer.OpenForReading(count);
        Request(toGuest: true, interrupt: true);
    }

    private void SendByDma()
    {
        Buffer.Sent(BusMaster.MoveToMemory(Buffer.Unsent));
        if (Buffer.Waiting > 0)
        {
            WaitForBusMaster();
        }
        else if (_commands.Remaining > 0)
        {
            Later(IdeTime.Buffer);
        }
        else
        {
            Finish(Sense.None);
        }
    }

    // The parameter list of MODE SELECT: one block, as long as the host said.
    private void Ask()
    {
        if (_isDma)
        {
            Receive();
            return;
        }

        Registers.Cylinder = (ushort)Math.Min(Buffer.BlockEnd, 0xFFFE);
        Registers.Count = 0;
        Request(toGuest: false, interrupt: true);
    }

    private void Receive()
    {
        if (_isDma && !Buffer.IsBlockDone)
        {
            Buffer.Sent(BusMaster.MoveFromMemory(Buffer.Room(Buffer.BlockEnd)));
            if (!Buffer.IsBlockDone)
            {
                WaitForBusMaster();
                return;
            }
        }

        Finish(_commands.Take(Buffer.Received));
    }

    private void Finish(Sense sense)
    {
        Registers.Count = IsDone;
        if (sense == Sense.None)
        {
            End(IdeStatus.Idle);
            return;
        }

        _commands.Failed(sense);
        End(IdeStatus.Idle | IdeStatus.Error, (byte)((sense.Key << 4) | IdeError.Aborted));
    }
}

/// <summary>What a packet device does when its time has passed.</summary>
internal enum AtapiStep
{
    /// <summary>Looks at the command.</summary>
    Command = 0,

    /// <summary>Looks at the packet.</summary>
    Packet = 1,

    /// <summary>Goes on sending.</summary>
    Send = 2,

    /// <summary>Takes what the host sent.</summary>
    Receive = 3,

    /// <summary>Reports success.</summary>
    Finish = 4,
}
