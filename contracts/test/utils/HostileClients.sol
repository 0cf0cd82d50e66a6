// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseClient} from "../../src/interfaces/ILeaseClient.sol";
import {Wallet} from "./Wallet.sol";

/// @title A contract tenant that takes its result and remembers it. The others here are what it must not turn into.
contract Client is Wallet, ILeaseClient {
    bytes32 public id;
    bytes32 public digest;
    uint32 public status;
    uint256 public calls;
    uint256 public gasGiven;

    constructor(address owner) Wallet(owner) {}

    function onLeaseResult(bytes32 id_, bytes32 digest_, uint32 status_) external virtual {
        gasGiven = gasleft();
        (id, digest, status) = (id_, digest_, status_);
        ++calls;
    }
}

contract RevertingClient is Wallet, ILeaseClient {
    constructor(address owner) Wallet(owner) {}

    function onLeaseResult(bytes32, bytes32, uint32) external pure {
        revert("not today");
    }
}

contract GasBurner is Wallet, ILeaseClient {
    constructor(address owner) Wallet(owner) {}

    function onLeaseResult(bytes32, bytes32, uint32) external pure {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @title Spins until nothing is left, instead of failing at once.
contract Spinner is Wallet, ILeaseClient {
    uint256 private _spins;

    constructor(address owner) Wallet(owner) {}

    function onLeaseResult(bytes32, bytes32, uint32) external {
        while (true) ++_spins;
    }
}

/// @title Returns, or reverts with, as much data as its gas can make: whoever copies it pays for it.
contract ReturnBomb is Wallet, ILeaseClient {
    bool private immutable _reverts;

    constructor(address owner, bool reverts) Wallet(owner) {
        _reverts = reverts;
    }

    function onLeaseResult(bytes32, bytes32, uint32) external view {
        bool reverts = _reverts;
        assembly ("memory-safe") {
            // 256 KiB costs about 150,000 gas here, and as much again for a caller that copies it.
            switch reverts
            case 0 { return(0, 0x40000) }
            default { revert(0, 0x40000) }
        }
    }
}

/// @title Calls back into the federation from its callback, and remembers whether that got through.
contract Reenterer is Wallet, ILeaseClient {
    address private _target;
    bytes private _call;
    bool public gotThrough;
    bytes public answer;

    constructor(address owner) Wallet(owner) {}

    function arm(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function onLeaseResult(bytes32, bytes32, uint32) external {
        if (_target != address(0)) (gotThrough, answer) = _target.call(_call);
    }
}

/// @title A client that changes its mind: what it does in its callback is set from outside.
contract Chameleon is Wallet, ILeaseClient {
    enum Mood {
        Takes,
        Reverts,
        Burns,
        Bombs,
        Reenters
    }

    Mood public mood;
    address private _target;
    bytes private _call;

    constructor(address owner) Wallet(owner) {}

    function turn(Mood mood_) external {
        mood = mood_;
    }

    function arm(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function onLeaseResult(bytes32, bytes32, uint32) external {
        if (mood == Mood.Reverts) revert("not today");
        if (mood == Mood.Reenters && _target != address(0)) {
            (bool ok,) = _target.call(_call);
            require(!ok, "Chameleon: got through");
        }
        if (mood == Mood.Burns) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (mood == Mood.Bombs) {
            assembly ("memory-safe") {
                revert(0, 0x40000)
            }
        }
    }
}
