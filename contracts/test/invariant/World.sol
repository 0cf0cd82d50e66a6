// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {IDisputeManager} from "../../src/interfaces/IDisputeManager.sol";
import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Lease, LeaseState, Offer, Request, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";
import {Chameleon} from "../utils/HostileClients.sol";
import {ReentrantToken} from "../utils/HostileTokens.sol";
import {TestToken} from "../utils/TestToken.sol";
import {Vm} from "../utils/Vm.sol";

/// @title Who and what there is in a run, and what is known about each lease besides what the contracts say.
/// @dev Three honest-looking datacenters are paid in the good token. The fourth is the hostile token itself: it is paid in
/// itself, its operator key is its own code, and in the middle of each of its transfers it calls back.
abstract contract World is Fixture {
    struct Known {
        bytes32 id;
        uint256 datacenter;
        uint256 funded; // put in, ever; less a bounty for beginning the end
        uint256 paid; // as last seen
        uint256 worth; // the most that a single receipt was worth
        bool exact; // claimed must be equal to it: no escrow too small, no amendment, no minimum charge
        uint256 capScaled; // of all terms that are over, in PRICE_SCALE
        uint256 capFrom; // since when the present ones count; active seconds
        uint256 slack; // units that rounding may have given: one per amendment
        uint256 claimedAtClose;
        bool closed;
    }

    struct Replicated {
        bytes32 id;
        IResultBoard.JobTerms terms;
        uint256[3] leases;
        bytes32[3] digests;
    }

    struct Posted {
        bytes32 id;
        uint256 datacenter; // one of those that are paid in its token
        address payer;
        uint256 held; // of its deposits: neither awarded nor taken back
        Request request;
    }

    uint256 internal constant DATACENTERS = 4;
    uint256 internal constant HOSTILE = 3;
    uint256 internal constant TENANTS = 3;
    uint256 internal constant CLIENT = 2; // the contract tenant
    uint256 internal constant MAX_LEASES = 24;
    uint256 internal constant PRICE_SCALE = 1e9;
    uint256 internal constant SESSION_KEY = 0x5E55;
    uint256 private constant TENANT_B_KEY = 0xB2;
    uint256 private constant OPERATORS = 0x0B00;
    uint256 private constant PROVIDERS = 0xDC00;

    ReentrantToken internal hostile;
    Chameleon internal client;
    address internal sessionKey = vm.addr(SESSION_KEY);
    address internal royalties = address(0x40A1);
    bytes32 internal app;

    address[2] public tokens;
    address[] public accounts;
    address[DATACENTERS] internal providers;
    address[DATACENTERS] internal operators;
    address[TENANTS] internal tenants;
    uint256[2] public minted;

    Known[] internal known;
    Terms[] internal termsOf;
    Replicated[] internal jobs;
    mapping(uint256 dispute => uint256) public leaseOf;
    bytes32[] public orders;
    mapping(bytes32 => uint32) public volumeOf;
    uint256 internal salt;
    Posted[] internal posts;
    mapping(bytes32 offerHash => Offer) internal bidOf;
    address[] internal expected; // who gets leases of the next award
    address[] internal unbonded; // datacenters that took their stake back after a bid
    mapping(bytes4 move => uint256) public succeeded;

    function setUp() public virtual override {
        super.setUp();
        hostile = new ReentrantToken();
        _allow(address(hostile));
        tokens = [address(token), address(hostile)];
        client = new Chameleon(tenant);
        tenants = [tenant, vm.addr(TENANT_B_KEY), address(client)];
        vm.prank(tenant);
        app = apps.register("image", royalties, 700, "an app");
        for (uint256 i = 0; i < DATACENTERS; ++i) _settleDown(i);
        accounts.push(payout);
        accounts.push(stranger);
        accounts.push(arbiter);
        accounts.push(auditor);
        accounts.push(sessionKey);
        accounts.push(address(0xDE1));
        accounts.push(address(0xDE2));
        for (uint256 i = 0; i < TENANTS; ++i) accounts.push(tenants[i]);
        for (uint256 i = 0; i < accounts.length; ++i) _enrich(accounts[i]);
        for (uint256 i = 0; i < DATACENTERS; ++i) {
            address coin = _coin(i);
            vm.prank(providers[i]);
            registry.stake(providers[i], coin, 2_000e6, "");
        }
        // Nobody's but theirs: what they have at the end is what they earned.
        accounts.push(royalties);
        accounts.push(treasury);
        accounts.push(address(0xdEaD));
        minted = [token.totalSupply(), hostile.totalSupply()];
    }

    function _settleDown(uint256 i) private {
        if (i == 0) {
            (providers[i], operators[i]) = (provider, operator);
        } else {
            providers[i] = i == HOSTILE ? address(0xBAD) : vm.addr(PROVIDERS + i);
            operators[i] = i == HOSTILE ? address(hostile) : vm.addr(OPERATORS + i);
            _join(providers[i], operators[i], i == HOSTILE ? address(hostile) : providers[i]);
        }
        accounts.push(providers[i]);
        accounts.push(operators[i]);
    }

    function _enrich(address account) private {
        _fund(account, 1_000_000e6);
        hostile.mint(account, 1_000_000e6);
        vm.startPrank(account);
        hostile.approve(address(vault), type(uint256).max);
        vault.deposit(address(token), account, 20_000e6);
        vault.deposit(address(hostile), account, 20_000e6);
        vm.stopPrank();
    }

    /// @dev After each move: what may only grow grew, what is closed stays, paid is within what was put in.
    modifier looked() {
        _;
        for (uint256 i = 0; i < known.length; ++i) _look(i);
    }

    /// @dev The move that was called did what it is for: Moves.t.sol counts.
    function _done() internal {
        ++succeeded[msg.sig];
    }

    function _look(uint256 i) private {
        Known storage k = known[i];
        Lease memory l = manager.lease(k.id);
        uint256 paid = _paid(l);
        vm.assertGe(paid, k.paid, "4: paid fell");
        if (paid != k.paid) k.paid = paid;
        if (l.state != LeaseState.Closed) {
            vm.assertFalse(k.closed, "9: came back");
        } else if (!k.closed) {
            (k.closed, k.claimedAtClose, k.exact) = (true, l.claimed, false);
        }
    }

    function _paid(Lease memory l) internal pure returns (uint256) {
        return uint256(l.claimed) - l.pendingOld - l.pendingNew - l.frozen - l.disallowed;
    }

    /// @dev Reads LeaseMatched out of the logs: the terms of each new lease, by whatever path it came.
    function _remember() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != ILeaseManager.LeaseMatched.selector) continue;
            (,,, uint96 escrow, Terms memory terms) =
                abi.decode(logs[i].data, (bytes32, bytes32, uint32, uint96, Terms));
            Known storage k = known.push();
            (k.id, k.funded, k.exact) = (logs[i].topics[1], escrow, true);
            for (uint256 d = 0; d < DATACENTERS; ++d) {
                if (providers[d] == terms.provider) k.datacenter = d;
            }
            termsOf.push(terms);
            vm.assertEq(manager.lease(k.id).termsHash, keccak256(abi.encode(terms)), "13: terms of the match");
        }
    }

    function _rememberOrder(bytes32 order, uint32 volume) internal {
        if (volumeOf[order] == 0) orders.push(order);
        volumeOf[order] = volume;
    }

    /// @dev All that money depends on, as one hash: to compare two ways to the same place.
    function _books() internal view returns (bytes32 books) {
        for (uint256 i = 0; i < known.length; ++i) {
            books = keccak256(abi.encode(books, manager.lease(known[i].id)));
        }
        for (uint256 t = 0; t < 2; ++t) {
            for (uint256 i = 0; i < accounts.length; ++i) {
                books = keccak256(abi.encode(books, vault.balanceOf(tokens[t], accounts[i])));
            }
            books = keccak256(
                abi.encode(
                    books,
                    vault.lockedOf(address(manager), tokens[t]),
                    vault.lockedOf(address(registry), tokens[t]),
                    vault.lockedOf(address(disputes), tokens[t]),
                    vault.lockedOf(address(results), tokens[t])
                )
            );
        }
    }

    /// @dev A receipt comes after a while, or it would prove nothing.
    function _pass(uint256 seed) internal {
        vm.warp(block.timestamp + seed % 200);
    }

    function _claimOf(uint256 i, uint256 claim, uint256 back, bool isFinal) internal view returns (UsageReceipt memory) {
        Lease memory l = manager.lease(known[i].id);
        // Mostly plausible, sometimes absurd.
        uint64 seconds_ = uint64(bound(claim, 0, claim % 7 == 0 ? 1 << 40 : 1 days));
        uint40 through = uint40(bound(back, l.through, block.timestamp + (back % 16 == 0 ? 1 : 0)));
        uint32 down = claim % 5 == 0 ? uint32(claim % 1000) : 0;
        return UsageReceipt(known[i].id, l.seq + 1, through, _fullUsage(seconds_), down, 0, isFinal);
    }

    /// @dev What a receipt that is about to be taken is worth, for 7. Before it is sent.
    function _worthOf(uint256 i, UsageReceipt memory r) internal view returns (uint256) {
        Terms memory t = termsOf[i];
        Lease memory l = manager.lease(known[i].id);
        if (r.through < l.activatedAt) return 0;
        uint256 active = _min(r.through, l.endsAt) - l.activatedAt;
        uint256 cap = t.startFee + manager.rateCap(t.prices, t.resources, active);
        return _min(manager.due(t, r.usage, r.downSeconds), cap);
    }

    function _noteWorth(uint256 i, uint256 worth) internal {
        Known storage k = known[i];
        if (worth > k.worth) k.worth = worth;
        if (manager.lease(k.id).escrow == 0) k.exact = false;
    }

    /// @dev The contract tenant's owner is the first tenant: its signature is the contract's (ERC-1271).
    function _signAs(uint256 tenantIndex, bytes32 digest) internal pure returns (bytes memory) {
        return _sign(tenantIndex == 1 ? TENANT_B_KEY : TENANT_KEY, digest);
    }

    /// @dev The first lease from `i` on that is in one of two states; any when none is.
    function _pick(uint256 i, LeaseState a, LeaseState b) internal view returns (uint256) {
        i %= known.length;
        for (uint256 n = 0; n < known.length; ++n) {
            uint256 at = (i + n) % known.length;
            LeaseState state = manager.lease(known[at].id).state;
            if (state == a || state == b) return at;
        }
        return i;
    }

    /// @dev One that may still be activated, when there is one.
    function _pickReserved(uint256 i) internal view returns (uint256 at) {
        for (uint256 n = 0; n < known.length; ++n) {
            at = (i % known.length + n) % known.length;
            if (manager.lease(known[at].id).state != LeaseState.Reserved) continue;
            if (block.timestamp <= termsOf[at].activateBy) return at;
        }
        return _pick(i, LeaseState.Reserved, LeaseState.Reserved);
    }

    function _pickRunning(uint256 i) internal view returns (uint256) {
        return _pick(i, LeaseState.Active, LeaseState.Closing);
    }

    function _pickDispute(uint256 number) internal view returns (uint256) {
        uint256 disputed = disputes.disputeCount();
        for (uint256 n = 0; n < disputed; ++n) {
            uint256 at = 1 + (number % disputed + n) % disputed;
            if (disputes.disputeOf(at).state == IDisputeManager.DisputeState.Open) return at;
        }
        return 1 + number % disputed;
    }

    function _tenantOf(uint256 i) internal view returns (uint256) {
        for (uint256 t = 0; t < TENANTS; ++t) {
            if (tenants[t] == termsOf[i].tenant) return t;
        }
        return 0;
    }

    function _operatorKey(uint256 datacenter) internal pure returns (uint256) {
        return datacenter == 0 ? OPERATOR_KEY : OPERATORS + datacenter;
    }

    function _coin(uint256 datacenter) internal view returns (address) {
        return datacenter == HOSTILE ? address(hostile) : address(token);
    }

    function _account(uint256 who) internal view returns (address) {
        return accounts[who % (accounts.length - 3)];
    }

    function _min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    // For the invariants.

    function theVault() external view returns (IVault) {
        return vault;
    }

    function theManager() external view returns (ILeaseManager) {
        return manager;
    }

    function theMarket() external view returns (IMarket) {
        return market;
    }

    function theRegistry() external view returns (IDatacenterRegistry) {
        return registry;
    }

    function theDisputes() external view returns (IDisputeManager) {
        return disputes;
    }

    function theBoard() external view returns (IResultBoard) {
        return results;
    }

    function theTreasury() external view returns (address) {
        return treasury;
    }

    function theRoyalties() external view returns (address) {
        return royalties;
    }

    function count() external view returns (uint256) {
        return known.length;
    }

    function entry(uint256 i) external view returns (Known memory k, Terms memory t, Lease memory l) {
        return (known[i], termsOf[i], manager.lease(known[i].id));
    }

    function jobCount() external view returns (uint256) {
        return jobs.length;
    }

    function job(uint256 i) external view returns (Replicated memory) {
        return jobs[i];
    }

    /// @return inside what accounts have in the Vault
    /// @return outside what they have in hand
    function holdings(uint256 t) external view returns (uint256 inside, uint256 outside) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            inside += vault.balanceOf(tokens[t], accounts[i]);
            outside += TestToken(tokens[t]).balanceOf(accounts[i]);
        }
    }

    function isHostile(uint256 i) external view returns (bool) {
        return known[i].datacenter == HOSTILE;
    }

    function orderCount() external view returns (uint256) {
        return orders.length;
    }

    function postCount() external view returns (uint256) {
        return posts.length;
    }

    function postAt(uint256 i) external view returns (bytes32 id, bool isHostile_, uint256 held) {
        return (posts[i].id, posts[i].datacenter == HOSTILE, posts[i].held);
    }

    function providerOf(uint256 i) external view returns (address) {
        return providers[i];
    }
}
