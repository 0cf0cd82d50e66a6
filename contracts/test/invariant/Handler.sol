// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {IVault} from "../../src/interfaces/IVault.sol";
import {Lease, LeaseState, Offer, Request, Settlement, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";
import {ReentrantToken} from "../utils/HostileTokens.sol";

/// @title Everybody at once. Each function is one move of one of them; a refused move is fine, a wrong book is not.
contract Handler is Fixture {
    struct Known {
        bytes32 id;
        uint256 funded; // put in, ever
        uint256 paid; // as last seen
        bytes32 closedAs; // hash of the closed lease
    }

    uint256 private constant TENANT_B_KEY = 0xB2;
    ReentrantToken internal hostile; // is the operator of a datacenter, too
    address internal hostileProvider = address(0xBAD);
    address[] public accounts;
    address[2] public tokens;
    Known[] internal known;
    Terms[] internal termsOf;
    bytes32[] public orders;
    mapping(bytes32 => uint32) public volumeOf;
    mapping(address => uint256) public deposited;
    mapping(address => uint256) public withdrawn;
    uint256 private _salt;

    function setUp() public override {
        super.setUp();
        hostile = new ReentrantToken();
        vm.prank(governor);
        vault.allowToken(address(hostile));
        _join(hostileProvider, address(hostile), address(hostile));
        tokens = [address(token), address(hostile)];
        accounts = [tenant, vm.addr(TENANT_B_KEY), provider, operator, payout, stranger, address(hostile), hostileProvider];
        deposited[address(token)] = 5 * DEPOSIT;
        for (uint256 i = 0; i < accounts.length; ++i) {
            _fund(accounts[i], 1_000_000e6);
            hostile.mint(accounts[i], 1_000_000e6);
            vm.prank(accounts[i]);
            hostile.approve(address(vault), type(uint256).max);
        }
    }

    function count() external view returns (uint256) {
        return known.length;
    }

    function entry(uint256 i) external view returns (Known memory k, Terms memory t, Lease memory l) {
        return (known[i], termsOf[i], manager.lease(known[i].id));
    }

    function contracts() external view returns (ILeaseManager, IVault) {
        return (manager, vault);
    }

    // Moves.

    function wait(uint256 seconds_) external {
        // Mostly short, or every reservation would run out before it is activated.
        vm.warp(block.timestamp + bound(seconds_, 1, seconds_ % 4 == 0 ? 3 hours : 60));
    }

    function deposit(uint256 who, uint256 which, uint256 amount) external {
        address token_ = tokens[which % 2];
        amount = bound(amount, 1, 1000e6);
        vm.prank(_account(who));
        try vault.deposit(token_, _account(amount), amount) {
            deposited[token_] += amount;
        } catch {}
    }

    function withdraw(uint256 who, uint256 which, uint256 amount) external {
        address token_ = tokens[which % 2];
        address account = _account(who);
        amount = bound(amount, 1, vault.balanceOf(token_, account) + 1);
        vm.prank(account);
        try vault.withdraw(token_, amount, account) {
            withdrawn[token_] += amount;
        } catch {}
    }

    /// @dev An order may be used again and again, by a tenant with little money too.
    function matchOrders(uint256 a, uint256 b, uint256 c) external {
        Offer memory o = _offer();
        Request memory r = _request();
        bool bad = a % 3 == 0;
        (o.provider, o.token, r.token) =
            bad ? (hostileProvider, address(hostile), address(hostile)) : (provider, address(token), address(token));
        r.tenant = a % 2 == 0 ? tenant : vm.addr(TENANT_B_KEY);
        r.deposit = uint96(bound(b, RATE * NOTICE + MIN_CHARGE, 2 * DEPOSIT));
        r.durationSeconds = uint32(bound(c, 1, 8 hours));
        (r.salt, o.salt) = (b % 2 == 0 ? 0 : ++_salt, c % 4);
        (o.volume, r.fills) = (3, 2);
        (o.counter, r.counter) = (manager.counterOf(o.provider), manager.counterOf(r.tenant));
        _submit(o, r, bad ? address(hostile) : operator);
    }

    function _submit(Offer memory o, Request memory r, address by) private {
        uint256 key = r.tenant == tenant ? TENANT_KEY : TENANT_B_KEY;
        bytes32 offered = manager.offerHash(o);
        bytes32 requested = manager.requestHash(r);
        bool dead = manager.cancelled(offered) || manager.cancelled(requested) || block.timestamp > o.expiresAt;
        bytes memory signature = _sign(key, requested);
        uint256 outside = vault.balanceOf(r.token, r.tenant);
        Terms memory terms = _terms(o, r);
        vm.prank(by);
        try manager.matchOrders(o, "", r, signature) returns (bytes32 id) {
            vm.assertFalse(dead, "11: a dead order matched");
            if (r.deposit > outside) deposited[r.token] += r.deposit - outside;
            known.push(Known(id, r.deposit, 0, 0));
            termsOf.push(terms);
            _remember(offered, o.volume);
            _remember(requested, r.fills);
            if (r.durationSeconds % 2 == 0) {
                vm.prank(by);
                manager.activate(id, terms);
            }
        } catch {}
    }

    function cancel(uint256 a, uint256 i) external {
        if (a % 8 == 0) {
            vm.prank(_account(i));
            manager.raiseCounter();
            return;
        }
        Offer memory o = _offer();
        (o.volume, o.salt, o.counter) = (3, i % 4, manager.counterOf(provider));
        vm.prank(a % 2 == 0 ? operator : _account(a));
        try manager.cancelOffer(o) {
            vm.assertTrue(manager.cancelled(manager.offerHash(o)), "11: cancelled");
        } catch {}
    }

    function activate(uint256 i, uint256 who) external {
        if (known.length == 0) return;
        i %= known.length;
        vm.prank(who % 4 == 0 ? _account(who) : _operatorOf(i));
        try manager.activate(known[i].id, termsOf[i]) {} catch {}
    }

    function refuse(uint256 i, uint256 who) external {
        if (known.length == 0 || who % 4 != 0) return;
        i %= known.length;
        vm.prank(_operatorOf(i));
        try manager.refuse(known[i].id, termsOf[i]) {} catch {}
        _look(i);
    }

    function topUp(uint256 i, uint256 who, uint96 amount) external {
        if (known.length == 0) return;
        i %= known.length;
        amount = uint96(bound(amount, 1, 100e6));
        address from = _account(who);
        address token_ = termsOf[i].token;
        uint256 inside = vault.balanceOf(token_, from);
        vm.prank(from);
        try manager.topUp(known[i].id, termsOf[i], amount) {
            known[i].funded += amount;
            if (amount > inside) deposited[token_] += amount - inside;
        } catch {}
    }

    function settle(uint256 i, uint256 claim, uint256 back, bool isFinal) external {
        if (known.length == 0) return;
        i %= known.length;
        UsageReceipt memory receipt = _claim(i, claim, back, isFinal);
        vm.prank(_operatorOf(i));
        try manager.settle(termsOf[i], receipt, "") {} catch {}
        _look(i);
    }

    function settleMany(uint256 i, uint256 claim, uint256 back, bool isFinal) external {
        if (known.length == 0) return;
        Settlement[] memory items = new Settlement[](3);
        for (uint256 k = 0; k < 3; ++k) {
            uint256 n = (i % known.length + k * (claim % 3)) % known.length;
            items[k] = Settlement(termsOf[n], _claim(n, claim, back, isFinal));
        }
        vm.prank(_operatorOf(i % known.length));
        manager.settleMany(items);
        for (uint256 n = 0; n < known.length; ++n) _look(n);
    }

    function close(uint256 i, uint256 who) external {
        if (known.length == 0) return;
        i %= known.length;
        vm.prank(who % 2 == 0 ? termsOf[i].tenant : _account(who));
        try manager.close(known[i].id, termsOf[i]) {} catch {}
        _look(i);
    }

    /// @dev The hostile token will do this in the middle of its next transfers.
    function arm(uint256 i, uint256 what, uint96 amount) external {
        if (known.length == 0) return;
        i %= known.length;
        bytes32 id = known[i].id;
        bytes memory call = what % 4 == 0
            ? abi.encodeCall(IVault.withdraw, (address(hostile), amount, address(hostile)))
            : what % 4 == 1
                ? abi.encodeCall(ILeaseManager.settle, (termsOf[i], _claim(i, amount, 0, true), ""))
                : what % 4 == 2
                    ? abi.encodeCall(ILeaseManager.close, (id, termsOf[i]))
                    : abi.encodeCall(ILeaseManager.refuse, (id, termsOf[i]));
        hostile.arm(what % 4 == 0 ? address(vault) : address(manager), call);
    }

    /// @dev 10: nobody's help is needed.
    function unwind() external {
        hostile.arm(address(0), "");
        vm.startPrank(stranger);
        for (uint256 round = 0; round < 3; ++round) {
            vm.warp(block.timestamp + 2 days);
            for (uint256 i = 0; i < known.length; ++i) {
                if (manager.lease(known[i].id).state != LeaseState.Closed) manager.close(known[i].id, termsOf[i]);
            }
        }
        vm.stopPrank();
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 t = 0; t < 2; ++t) {
                uint256 all = vault.balanceOf(tokens[t], accounts[i]);
                vm.prank(accounts[i]);
                if (all != 0) vault.withdraw(tokens[t], all, accounts[i]);
                else vault.balanceOf(tokens[t], accounts[i]);
            }
        }
    }

    /// @dev After each move on a lease: what may only grow grew, what is closed stays.
    function _look(uint256 i) private {
        Known storage k = known[i];
        Lease memory l = manager.lease(k.id);
        vm.assertGe(l.paid, k.paid, "4: paid fell");
        k.paid = l.paid;
        if (l.state == LeaseState.Closed && k.closedAs == 0) k.closedAs = keccak256(abi.encode(l));
    }

    function _claim(uint256 i, uint256 claim, uint256 back, bool isFinal) private view returns (UsageReceipt memory) {
        Lease memory l = manager.lease(known[i].id);
        uint64 inflated = uint64(bound(claim, 0, claim % 7 == 0 ? 1 << 40 : 1 days));
        uint40 through = uint40(bound(back, l.through, block.timestamp + 1));
        return UsageReceipt(known[i].id, l.seq + 1, through, _fullUsage(inflated), 0, isFinal);
    }

    function _remember(bytes32 order, uint32 volume) private {
        if (volumeOf[order] == 0) orders.push(order);
        volumeOf[order] = volume;
    }

    function orderCount() external view returns (uint256) {
        return orders.length;
    }

    function _operatorOf(uint256 i) private view returns (address) {
        return termsOf[i].provider == provider ? operator : address(hostile);
    }

    function _account(uint256 who) private view returns (address) {
        return accounts[who % accounts.length];
    }
}
