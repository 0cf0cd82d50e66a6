// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {IDisputeManager} from "../../src/interfaces/IDisputeManager.sol";
import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Lease, LeaseState, Terms} from "../../src/types/Lease.sol";
import {Test} from "../utils/Test.sol";
import {TestToken} from "../utils/TestToken.sol";
import {Handler} from "./Handler.sol";
import {Moves} from "./Moves.sol";
import {World} from "./World.sol";

/// @dev In words: README.md of this folder. One function, because each invariant function would be a campaign of its own.
contract FederationInvariants is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant BPS = 10_000;
    address private constant BURNED = address(0xdEaD);

    /// @dev What posts, leases, disputes and jobs come to: per token, and the slices per datacenter.
    struct Sums {
        uint256[2] posts;
        uint256[2] leases;
        uint256[2] bonds;
        uint256[2] jobs;
        uint256[2] fees;
        uint256[2] royalties;
        uint256[4] slices;
    }

    Handler private handler;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external returns (FuzzSelector[] memory chosen) {
        chosen = new FuzzSelector[](1);
        bytes4[] memory s = new Moves().drawn();
        chosen[0] = FuzzSelector(address(handler), s);
    }

    function invariant_TheBooksAreRight() external view {
        Sums memory sums;
        for (uint256 i = 0; i < handler.count(); ++i) {
            (World.Known memory k, Terms memory terms, Lease memory l) = handler.entry(i);
            _checkLease(k, terms, l);
            _addLease(sums, k, terms, l);
        }
        _addPosts(sums);
        _addBonds(sums);
        _addJobs(sums);
        for (uint256 t = 0; t < 2; ++t) _checkToken(t, sums);
        for (uint256 d = 0; d < 4; ++d) _checkPool(handler.providerOf(d), d == 3 ? 1 : 0, sums.slices[d]);
        for (uint256 i = 0; i < handler.orderCount(); ++i) {
            bytes32 order = handler.orders(i);
            vm.assertLe(handler.theMarket().filled(order), handler.volumeOf(order), "11: filled");
        }
    }

    function _addLease(Sums memory sums, World.Known memory k, Terms memory terms, Lease memory l) private pure {
        uint256 t = k.datacenter == 3 ? 1 : 0;
        sums.leases[t] += uint256(l.escrow) + l.pendingOld + l.pendingNew + l.frozen;
        sums.fees[t] += k.paid * terms.feeBps / BPS;
        if (terms.royaltyTo != address(0)) sums.royalties[t] += k.paid * terms.royaltyBps / BPS;
        if (!l.sliceFreed) sums.slices[k.datacenter] += terms.slice - l.slashed;
    }

    /// @dev By what the run knows of its posts; the Market must say the same.
    function _addPosts(Sums memory sums) private view {
        for (uint256 i = 0; i < handler.postCount(); ++i) {
            (bytes32 id, bool isHostile, uint256 held) = handler.postAt(i);
            vm.assertEq(handler.theMarket().posted(id).held, held, "2: held for a post");
            sums.posts[isHostile ? 1 : 0] += held;
        }
    }

    function _addBonds(Sums memory sums) private view {
        IDisputeManager disputes = handler.theDisputes();
        for (uint256 n = 1; n <= disputes.disputeCount(); ++n) {
            IDisputeManager.Dispute memory d = disputes.disputeOf(n);
            if (!d.carriedOut) sums.bonds[handler.isHostile(handler.leaseOf(n)) ? 1 : 0] += d.bond;
        }
    }

    function _addJobs(Sums memory sums) private view {
        for (uint256 i = 0; i < handler.jobCount(); ++i) {
            World.Replicated memory j = handler.job(i);
            IResultBoard.JobState state = handler.theBoard().jobState(j.id);
            if (state == IResultBoard.JobState.Agreed || state == IResultBoard.JobState.Failed) continue;
            sums.jobs[0] += j.terms.reward;
            for (uint8 r = 0; r < 3; ++r) {
                (address who,,,,) = handler.theBoard().replicaOf(j.id, r);
                if (who != address(0)) sums.jobs[0] += j.terms.bond;
            }
        }
    }

    /// @dev 1, 2, 3 and 6.
    function _checkToken(uint256 t, Sums memory sums) private view {
        address token = handler.tokens(t);
        IVault vault = handler.theVault();
        uint256 assets;
        for (uint256 d = 0; d < 4; ++d) assets += handler.theRegistry().stakePool(handler.providerOf(d), token).assets;
        (uint256 inside, uint256 outside) = handler.holdings(t);
        uint256 held = TestToken(token).balanceOf(address(vault));
        uint256 leases = sums.leases[t] + sums.posts[t];
        vm.assertEq(held, inside + leases + sums.bonds[t] + sums.jobs[t] + assets, "1: held");
        vm.assertEq(vault.lockedOf(address(handler.theManager()), token), leases, "2: leases and posts");
        vm.assertEq(vault.lockedOf(address(handler.theDisputes()), token), sums.bonds[t], "2: bonds");
        vm.assertEq(vault.lockedOf(address(handler.theBoard()), token), sums.jobs[t], "2: jobs");
        vm.assertEq(vault.lockedOf(address(handler.theRegistry()), token), assets, "2: stake");
        vm.assertEq(held + outside, handler.minted(t), "3: deposits, withdrawals, holdings, burned");
        vm.assertEq(vault.balanceOf(token, handler.theRoyalties()), sums.royalties[t], "6: royalties");
        vm.assertEq(vault.balanceOf(token, handler.theTreasury()), sums.fees[t], "6: fees");
    }

    /// @dev 4, 5, 7, 9 and 13.
    function _checkLease(World.Known memory k, Terms memory terms, Lease memory l) private view {
        vm.assertEq(l.termsHash, keccak256(abi.encode(terms)), "13: terms");
        vm.assertLe(l.claimed - l.disallowed, k.funded, "4: paid or to be paid: more than was put in");
        vm.assertLe(l.slashed, terms.slice, "12: slashed more than the slice");
        if (l.state == LeaseState.Closed) {
            vm.assertEq(l.escrow, 0, "9: escrow of a closed lease");
            vm.assertEq(l.claimed, k.claimedAtClose, "9: claimed after the close");
        } else {
            vm.assertEq(uint256(l.escrow) + l.claimed - l.disallowed, k.funded, "4: escrow + claimed");
        }
        if (l.activatedAt == 0) return vm.assertLe(l.claimed, terms.reservationFee, "5: never activated");
        uint256 lived = (block.timestamp < l.endsAt ? block.timestamp : l.endsAt) - l.activatedAt;
        uint256 rate = handler.theManager().rateCap(terms.prices, terms.resources, 1e9);
        uint256 cap = k.capScaled / 1e9 + k.slack + terms.startFee;
        if (lived > k.capFrom) cap += rate * (lived - k.capFrom) / 1e9;
        // The minimum charge is topped up to what rulings have left the provider; what they took back stays claimed.
        uint256 minimum = uint256(terms.minCharge) + l.disallowed;
        if (l.state == LeaseState.Closed && cap < minimum) cap = minimum;
        vm.assertLe(l.claimed, cap, "5: rate cap");
        if (k.exact) vm.assertEq(l.claimed, k.worth, "7: in slices and at once");
    }

    /// @dev 12.
    function _checkPool(address provider, uint256 t, uint256 slices) private view {
        address token = handler.tokens(t);
        IDatacenterRegistry.StakePool memory pool = handler.theRegistry().stakePool(provider, token);
        vm.assertEq(pool.sliced, slices, "12: slices");
        vm.assertLe(pool.sliced, pool.assets, "12: more slices than stake");
        handler.theRegistry().freeStake(provider, token); // reverts when what is bonded does not cover the slices
    }

    function afterInvariant() external {
        handler.unwind();
        for (uint256 t = 0; t < 2; ++t) {
            address token = handler.tokens(t);
            vm.assertEq(handler.theVault().lockedOf(address(handler.theManager()), token), 0, "10: leases");
            vm.assertEq(handler.theVault().lockedOf(address(handler.theDisputes()), token), 0, "10: disputes");
            vm.assertEq(handler.theVault().lockedOf(address(handler.theBoard()), token), 0, "10: jobs");
        }
        for (uint256 d = 0; d < 4; ++d) {
            address token = handler.tokens(d == 3 ? 1 : 0);
            vm.assertEq(handler.theRegistry().stakePool(handler.providerOf(d), token).sliced, 0, "10: slices");
        }
        this.invariant_TheBooksAreRight();
        handler.cashOut();
        for (uint256 t = 0; t < 2; ++t) {
            address token = handler.tokens(t);
            uint256 left = TestToken(token).balanceOf(address(handler.theVault()));
            vm.assertEq(left, handler.theVault().balanceOf(token, BURNED), "10: something but the burned stays for ever");
        }
    }
}
